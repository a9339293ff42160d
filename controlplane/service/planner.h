// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/circuit_rules.h"
#include "service/faults.h"
#include "service/inventory_writer.h"
#include "service/records.h"
#include "service/slice_rules.h"
#include "service/write.h"
#include "store/store.h"
#include "strowger/base/clock.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace strowger::service {

/// What an accepted request will do.
struct Plan {
    Operation operation = Operation::Create;
    Transition transition;
    std::optional<CircuitProgram> program; ///< none: the workers have nothing new to hold
    std::vector<Problem> warnings;
};

/// What needs no order: a deletion that was done before, or a change that changes nothing.
struct Settled {
    int status = 204;
    ObjectId object;
    std::uint64_t generation = 0;
    RecordPtr record; ///< null for 204
    std::vector<Problem> warnings;
};

using Decision = std::variant<Plan, Settled>;

/// Turns a request into a plan, or refuses it with every fault found. Changes nothing.
class Planner {
public:
    struct Parts {
        const InventoryWriter& inventory;
        const Inventory& readable;
        const Dataplane& dataplane;
        store::Store& store;
        const Clock& clock;
        const ServiceLimits& limits;
    };
    explicit Planner(const Parts& parts);

    Result<Decision> decide(const WriteRequest& request);
    [[nodiscard]] const CircuitRules& circuit_rules() const noexcept { return rules_; }
    /// How messages name a circuit that is on its way, where its id would say nothing.
    void name_circuits(CircuitRules::NameOf name_of) { rules_.name_circuits(std::move(name_of)); }
    ObjectId next_id(ObjectKind kind);
    /// Orders are listed in the order of their ids, also across a restart with the clock set back.
    void continue_ids_above(const ObjectId& last) { ids_.continue_above(last); }
    CircuitKey next_key() { return CircuitKey{++last_key_}; }
    /// Gone for what the tenant deleted in the last 30 days, else NotFound.
    [[nodiscard]] Error absence(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view reference
    ) const;
    [[nodiscard]] Result<std::optional<Tombstone>> find_tombstone(
        ObjectKind kind,
        const std::optional<ObjectId>& tenant,
        std::string_view id
    ) const;

private:
    Result<Decision> create(const WriteRequest& request);
    Result<Decision> update(const WriteRequest& request, const RecordPtr& current);
    Result<Decision> remove(const WriteRequest& request, const RecordPtr& current);
    Result<Decision> repeat_removal(const WriteRequest& request);
    std::optional<decltype(Record::body)> judge(
        const WriteRequest& request,
        const ObjectId& id,
        const Draft& draft,
        const Record* before,
        Faults& faults
    ) const;
    std::optional<decltype(Record::body)>
    judge_uni(const UniSpec& spec, const Record* before, Faults& faults) const;
    void check_room(const WriteRequest& request, const Draft& draft, Faults& faults) const;
    void check_unused(const Record& record, Faults& faults) const;

    Parts parts_;
    CircuitRules rules_;
    SliceRules slice_rules_;
    ObjectIdSource ids_;
    std::uint64_t last_key_ = 0;
};

} // namespace strowger::service
