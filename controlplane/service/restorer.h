// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/engine.h"

#include <map>
#include <string>

namespace strowger::service {

/// The object as the store keeps it.
[[nodiscard]] store::StoredObject stored_object(const Record& record, const SpecCodec& codec);

/// Brings the inventory back at start, and with it the workers.
class Restorer {
public:
    explicit Restorer(Provisioner::Engine& engine) : engine_(engine) {}

    Result<void> run();

private:
    Result<RecordPtr> record_of(const store::StoredObject& object);
    Result<CircuitBody> circuit_of(const store::StoredObject& object);
    Result<void> install(const Record& circuit);
    Result<void> wait_until_outstanding(std::size_t most);

    Provisioner::Engine& engine_;
};

} // namespace strowger::service
