// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/write.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strowger::service {

/// One change of one circuit, as a batch asks for it.
struct BatchMember {
    WriteKind write = WriteKind::Create;
    /// The circuit's name, or its id where that is allowed; "" when it cannot be read.
    std::string reference;
    /// What keeps it from being judged at all; pointers are relative to the member.
    std::vector<Problem> problems{};
};

/// What became of a batch.
struct BatchSummary {
    struct Orders {
        ObjectId first;
        ObjectId last;
        std::uint64_t first_seq = 0;
        std::uint64_t last_seq = 0; ///< none in between is another request's
    };
    std::size_t created = 0;
    std::size_t updated = 0;
    std::size_t deleted = 0;
    std::size_t unchanged = 0;       ///< they were as asked for already; no order was taken
    std::optional<Orders> orders{};  ///< none: nothing changed
    std::vector<Problem> warnings{}; ///< the first ones; pointers into the body
    std::size_t warning_count = 0;
};

/// Changes of circuits that are taken together or not at all. Members are read one by one, each at
/// its turn, so that no more than one of them is in memory as a tree.
class Batch {
public:
    Batch() = default;
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    Batch(Batch&&) = delete;
    Batch& operator=(Batch&&) = delete;
    virtual ~Batch() = default;

    [[nodiscard]] virtual std::size_t size() const = 0;
    /// Where a member stands in the body: "/create/17".
    [[nodiscard]] virtual std::string pointer(std::size_t index) const = 0;
    /// Fails with Malformed when it cannot be read; then the whole body is no request.
    virtual Result<BatchMember> member(std::size_t index) = 0;
    /// What the member that was read last says; as WriteRequest::decode.
    virtual Result<Draft> decode(const Record* current) = 0;
    /// The reply's body.
    [[nodiscard]] virtual std::string render(const BatchSummary& summary) const = 0;
};

} // namespace strowger::service
