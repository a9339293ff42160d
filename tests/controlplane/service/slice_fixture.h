// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/controlplane/service/service_fixture.h"

#include <string>
#include <utility>
#include <vector>

namespace strowger::service {

/// A site with workers on cores 1, 2 and 3, and one on core 0 that shares it with the control
/// thread. Every worker receives at every port, as the platform arranges it.
class SliceFixture : public ServiceFixture {
protected:
    using Cores = std::vector<std::uint32_t>;
    using Tenants = std::vector<std::string>;

    SliceFixture() {
        arrange(dataplane_);
        start();
    }

    static WorkerSet workers(std::initializer_list<std::size_t> indices) {
        WorkerSet set;
        for (const std::size_t index : indices) {
            set.add(index);
        }
        return set;
    }
    static void arrange(FakeDataplane& dataplane, const Cores& cores = {1, 2, 3, 0}) {
        std::vector<WorkerStatus> statuses;
        WorkerSet all;
        for (const std::uint32_t core : cores) {
            all.add(statuses.size());
            statuses.push_back({.core = core, .shared = core == 0, .clock_hz = 1'000'000'000});
        }
        dataplane.set_workers(std::move(statuses));
        for (std::uint16_t port = 0; port < dataplane.port_count(); ++port) {
            EXPECT_TRUE(dataplane.assign_receivers(PortIndex{port}, {all, {}}));
        }
    }

    /// The spec's text tells specs apart, as canonical JSON would.
    Draft slice_draft(const SliceSpec& spec) {
        std::string text = "slice " + spec.name.text() + "/" + spec.display_name;
        for (const std::uint32_t core : spec.cores) {
            text += " " + std::to_string(core);
        }
        for (const std::string& tenant : spec.tenants) {
            text += " " + tenant;
        }
        codec_.slices.insert_or_assign(text, spec);
        return {spec, text};
    }
    static SliceSpec slice(const std::string& text, Cores cores, Tenants tenants) {
        return {name(text), "", {}, std::move(cores), std::move(tenants)};
    }
    WriteRequest create_slice(const SliceSpec& spec) {
        WriteRequest made = request(ObjectKind::Slice, WriteKind::Create, std::nullopt);
        made.decode = says(slice_draft(spec));
        return made;
    }
    WriteRequest change_slice(const SliceSpec& spec) {
        WriteRequest made =
            request(ObjectKind::Slice, WriteKind::Patch, std::nullopt, spec.name.text());
        made.decode = says(slice_draft(spec));
        return made;
    }
    WriteRequest delete_slice(const std::string& text) {
        return request(ObjectKind::Slice, WriteKind::Delete, std::nullopt, text);
    }
    ObjectId given_slice(const std::string& text, Cores cores, Tenants tenants) {
        return outcome_of(
                   send_and_settle(create_slice(slice(text, std::move(cores), std::move(tenants))))
        )
            .object;
    }
    /// A tenant with the UNIs "a" and "z" on S-VLANs of both ports, first to first + 9.
    ObjectId given_sharing_tenant(const std::string& text, std::uint16_t first) {
        const ObjectId tenant = given_tenant(text);
        for (const auto& [uni, port] : {std::pair{"a", "east"}, std::pair{"z", "west"}}) {
            const SVlanRange range{
                *VlanId::from(first), *VlanId::from(static_cast<std::uint16_t>(first + 9))};
            const UniSpec spec{
                .name = name(uni),
                .display_name = "",
                .tags = {},
                .port = name(port),
                .tpid = Tpid::STag88a8,
                .s_vlans = range};
            outcome_of(send_and_settle(create_uni(tenant, spec)));
        }
        return tenant;
    }
    void given_circuit(const ObjectId& tenant, const std::string& text, std::uint16_t s_vid) {
        outcome_of(send_and_settle(create_circuit(tenant, eline(text, s_vlan(s_vid)))));
    }
    SliceStatus status_of(const std::string& text) {
        return provisioner_->slice_status(
            **provisioner_->find(ObjectKind::Slice, std::nullopt, text)
        );
    }
    std::vector<std::string> reasons_of(const std::string& text) {
        std::vector<std::string> codes;
        for (const IsolationReason& reason : status_of(text).reasons) {
            codes.push_back(reason.code);
        }
        return codes;
    }
    /// Where the workers hold the tenant's circuit.
    WorkerSet place_of(const ObjectId& tenant, const std::string& circuit) {
        const RecordPtr record = get(ObjectKind::Circuit, tenant, circuit);
        return dataplane_.installed(record->as_circuit().key)->workers;
    }
    ReceiverPlan plan_of(PortIndex port) { return dataplane_.port_status(port).plan; }
    static Error no_room() {
        const std::string message = "all endpoints are in use";
        return {ErrorCode::Conflict, message, {{"", "capacity_exceeded", message, "", ""}}};
    }
};

} // namespace strowger::service
