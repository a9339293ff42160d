// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/faults.h"
#include "service/inventory_writer.h"
#include "service/records.h"
#include "strowger/seam/dataplane.h"
#include "strowger/seam/program.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strowger::service {

/// Judges a circuit against the inventory: its UNIs, their VLANs and ports, and what it was before.
class CircuitRules {
public:
    CircuitRules(const InventoryWriter& inventory, const Dataplane& dataplane);

    /// Where a circuit that is on its way was asked for; nothing: its id names it.
    using NameOf = std::function<std::optional<std::string>(const ObjectId& circuit)>;
    void name_circuits(NameOf name_of) { name_of_ = std::move(name_of); }

    /// The body of the circuit `id` with this spec; nothing when there are faults, old or new.
    /// Defaults are resolved once: what `before` has stays unless a member it follows from changed.
    [[nodiscard]] std::optional<CircuitBody> judge(
        const ObjectId& id,
        const ObjectId& tenant,
        const CircuitSpec& spec,
        const Record* before,
        Faults& faults
    ) const;
    /// What is allowed and yet unwise.
    [[nodiscard]] static std::vector<Problem> advice(const CircuitBody& circuit);
    /// What the workers must hold for a circuit whose UNIs are published.
    [[nodiscard]] CircuitProgram program(const CircuitBody& circuit) const;

private:
    struct Place {
        const Name* name = nullptr;
        const EndpointSpec* endpoint = nullptr;
        RecordPtr uni; ///< null: not found
    };
    using Places = std::vector<Place>;
    [[nodiscard]] Places find_unis(const ObjectId& tenant, const CircuitSpec& spec, Faults& faults)
        const;
    static void check_unchangeable(
        const CircuitSpec& spec,
        const Places& places,
        const Record& before,
        Faults& faults
    );
    static void check_maps(const Places& places, Faults& faults);
    void check_free(const Places& places, const ObjectId& self, Faults& faults) const;
    void check_ports(
        const Places& places,
        const CircuitSpec& spec,
        const Record* before,
        Faults& faults
    ) const;

    const InventoryWriter& inventory_;
    std::vector<Bytes> frame_max_; ///< by port: what it passes, for the life of the process
    NameOf name_of_;
};

} // namespace strowger::service
