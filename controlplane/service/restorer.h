// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/engine.h"

#include <map>
#include <string>

namespace strowger::service {

/// The object as the store keeps it.
[[nodiscard]] store::StoredObject stored_object(const Record& record, const SpecCodec& codec);

/// Brings the inventory back at start, and with it the workers: circuits are on their way to them
/// while the rest is still being read, so that the first frames flow early.
class Restorer {
public:
    Restorer(Provisioner::Engine& engine, const TellProgress& tell)
        : engine_(engine), tell_(tell) {}

    Result<void> run();

private:
    Result<void> take(const store::StoredObject& object);
    Result<RecordPtr> record_of(const store::StoredObject& object);
    Result<CircuitBody> circuit_of(const store::StoredObject& object);
    Result<RecordPtr> install(const RecordPtr& circuit);
    Result<SliceBody> slice_of(const store::StoredObject& object);
    Result<void> wait_until_outstanding(std::size_t most);
    void tell(bool last);

    Provisioner::Engine& engine_;
    const TellProgress& tell_;
    RestoreProgress progress_;
    std::int64_t begun_ns_ = 0;
    std::int64_t told_ns_ = 0;
};

} // namespace strowger::service
