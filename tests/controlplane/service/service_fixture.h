// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/preconditions.h"
#include "service/provisioner.h"
#include "tests/controlplane/service/fake_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_dataplane.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strowger::service {

/// Texts that stand for values: what a spec's text means is the API's business, not the service's.
class TableCodec final : public SpecCodec {
public:
    std::map<std::string, TenantSpec, std::less<>> tenants;
    std::map<std::string, UniSpec, std::less<>> unis;
    std::map<std::string, CircuitSpec, std::less<>> circuits;
    std::map<std::string, SliceSpec, std::less<>> slices;
    mutable std::vector<EffectiveCircuit> effectives;

    [[nodiscard]] Result<TenantSpec> decode_tenant(std::string_view json) const override {
        return look_up(tenants, json);
    }
    [[nodiscard]] Result<TokenSpec> decode_token(std::string_view json) const override {
        return TokenSpec{*Name::from(json), ""};
    }
    [[nodiscard]] Result<UniSpec> decode_uni(std::string_view json) const override {
        return look_up(unis, json);
    }
    [[nodiscard]] Result<CircuitSpec> decode_circuit(std::string_view json) const override {
        return look_up(circuits, json);
    }
    [[nodiscard]] Result<SliceSpec> decode_slice(std::string_view json) const override {
        return look_up(slices, json);
    }
    [[nodiscard]] std::string encode_effective(const EffectiveCircuit& effective) const override {
        effectives.push_back(effective);
        return std::to_string(effectives.size() - 1);
    }
    [[nodiscard]] Result<EffectiveCircuit> decode_effective(std::string_view json) const override {
        return effectives.at(static_cast<std::size_t>(std::stoul(std::string(json))));
    }

private:
    template <typename Spec>
    static Result<Spec>
    look_up(const std::map<std::string, Spec, std::less<>>& table, std::string_view json) {
        const auto found = table.find(json);
        if (found == table.end()) {
            return Error{ErrorCode::Malformed, "unknown text", {}};
        }
        return found->second;
    }
};

/// What a write came to, or nothing yet.
using Answer = std::shared_ptr<std::optional<WriteResult>>;

inline bool is_answered(const Answer& answer) {
    return answer->has_value();
}
/// 0: not answered; else 200, 201, 204 or, for a refusal, minus the ErrorCode's place.
inline const WriteOutcome& outcome_of(const Answer& answer) {
    EXPECT_TRUE(is_answered(answer));
    const auto* error = std::get_if<WriteError>(&answer->value());
    EXPECT_EQ(error, nullptr) << (error == nullptr ? "" : error->error.message);
    return std::get<WriteOutcome>(answer->value());
}
inline const WriteError& refusal_of(const Answer& answer) {
    EXPECT_TRUE(is_answered(answer));
    return std::get<WriteError>(answer->value());
}
/// "vlan_in_use /endpoints/a/vlan_map" of each problem.
inline std::vector<std::string> problems_of(const Answer& answer) {
    std::vector<std::string> texts;
    for (const Problem& problem : refusal_of(answer).error.problems) {
        texts.push_back(problem.code + (problem.pointer.empty() ? "" : " " + problem.pointer));
    }
    return texts;
}

/// Two ports, a provisioner over fakes, and short ways to say what tenants say.
class ServiceFixture : public ::testing::Test {
protected:
    ServiceFixture() {
        port_east_ = dataplane_.add_port("east");
        port_west_ = dataplane_.add_port("west");
        start();
    }

    /// A new process over the same store.
    void start() { provisioner_ = process_over(dataplane_); }
    std::unique_ptr<Provisioner> process_over(FakeDataplane& dataplane) {
        return std::make_unique<Provisioner>(
            Provisioner::Parts{dataplane, store_, codec_, clock_},
            std::vector<PortConfig>{{.name = "east", .device = ""}, {.name = "west", .device = ""}},
            limits_
        );
    }

    static Name name(const std::string& text) { return *Name::from(text); }
    static VlanMap c_vlan(std::uint16_t vid) {
        return MapCVlans{VlanSet::single(*VlanId::from(vid))};
    }
    static VlanMap s_vlan(std::uint16_t vid) { return MapSVlan{*VlanId::from(vid)}; }

    Answer send(WriteRequest request) {
        auto answer = std::make_shared<std::optional<WriteResult>>();
        provisioner_->submit(std::move(request), [answer](WriteResult result) {
            EXPECT_FALSE(answer->has_value()) << "answered twice";
            *answer = std::move(result);
        });
        return answer;
    }
    /// Lets disk and workers do what they have to do.
    void settle() {
        while (store_.waiting() > 0 || dataplane_.outstanding() > 0) {
            store_.commit();
            provisioner_->on_store_progress();
            provisioner_->poll();
        }
    }
    Answer send_and_settle(WriteRequest request) {
        Answer answer = send(std::move(request));
        settle();
        return answer;
    }

    [[nodiscard]] WriteRequest request(
        ObjectKind kind,
        WriteKind write,
        std::optional<ObjectId> tenant,
        std::string reference = ""
    ) const {
        WriteRequest made;
        made.identity.actor = {auth::ActorKind::Token, "tok_test"};
        made.identity.tenant = tenant;
        made.kind = kind;
        made.write = write;
        made.tenant = std::move(tenant);
        made.reference = std::move(reference);
        made.render = [](const Record& record, const std::vector<Problem>& warnings) {
            std::string body = record.id.text() + " " + record.spec_json;
            for (const Problem& warning : warnings) {
                body += " " + warning.code;
            }
            return Rendered{std::move(body), ""};
        };
        return made;
    }
    static std::function<Result<Draft>(const Record*)> says(Draft draft) {
        return [draft = std::move(draft)](const Record*) { return Result<Draft>(draft); };
    }

    WriteRequest create_tenant(const std::string& text) {
        WriteRequest made = request(ObjectKind::Tenant, WriteKind::Create, std::nullopt);
        const TenantSpec spec{name(text), "", {}};
        codec_.tenants.insert_or_assign(text, spec);
        made.decode = says({spec, text});
        return made;
    }
    WriteRequest create_uni(const ObjectId& tenant, const UniSpec& spec) {
        WriteRequest made = request(ObjectKind::Uni, WriteKind::Create, tenant);
        const std::string text = "uni " + tenant.text() + spec.name.text();
        codec_.unis.insert_or_assign(text, spec);
        made.decode = says({spec, text});
        return made;
    }
    /// The spec's text tells specs apart, as canonical JSON would.
    Draft draft(const CircuitSpec& spec) {
        std::string text = "circuit " + std::to_string(codec_.circuits.size());
        for (const auto& [known, value] : codec_.circuits) {
            if (same(value, spec)) {
                text = known;
            }
        }
        codec_.circuits.insert_or_assign(text, spec);
        return {spec, text};
    }
    WriteRequest create_circuit(const ObjectId& tenant, const CircuitSpec& spec) {
        WriteRequest made = request(ObjectKind::Circuit, WriteKind::Create, tenant);
        made.decode = says(draft(spec));
        return made;
    }
    WriteRequest
    change_circuit(const ObjectId& tenant, const std::string& reference, const CircuitSpec& spec) {
        WriteRequest made = request(ObjectKind::Circuit, WriteKind::Patch, tenant, reference);
        made.decode = says(draft(spec));
        return made;
    }
    static WriteRequest
    with_key(WriteRequest made, const std::string& key, const std::string& what = "") {
        made.idempotency_key = key;
        made.request_digest = auth::sha256(what);
        return made;
    }

    ObjectId given_tenant(const std::string& text) {
        return outcome_of(send_and_settle(create_tenant(text))).object;
    }
    ObjectId given_uni(const ObjectId& tenant, const std::string& uni, const std::string& port) {
        UniSpec spec{.name = name(uni), .display_name = "", .tags = {}, .port = name(port)};
        return outcome_of(send_and_settle(create_uni(tenant, spec))).object;
    }
    /// A tenant with the UNIs "a" on port east and "z" on port west.
    ObjectId given_connected_tenant(const std::string& text) {
        const ObjectId tenant = given_tenant(text);
        given_uni(tenant, "a", "east");
        given_uni(tenant, "z", "west");
        return tenant;
    }
    static CircuitSpec eline(const std::string& text, const VlanMap& map) {
        CircuitSpec spec{.name = name(text), .display_name = "", .tags = {}};
        spec.bandwidth = BandwidthProfileSpec{.cir = {10'000'000}};
        spec.endpoints.emplace(name("a"), EndpointSpec{"a", map, std::nullopt});
        spec.endpoints.emplace(name("z"), EndpointSpec{"z", map, std::nullopt});
        return spec;
    }
    RecordPtr get(ObjectKind kind, const ObjectId& tenant, const std::string& reference) {
        Result<RecordPtr> found = provisioner_->find(kind, tenant, reference);
        return found ? *found : nullptr;
    }
    ErrorCode get_error(ObjectKind kind, const ObjectId& tenant, const std::string& reference) {
        Result<RecordPtr> found = provisioner_->find(kind, tenant, reference);
        EXPECT_FALSE(found);
        return found.error().code;
    }

    FakeClock clock_;
    FakeDataplane dataplane_;
    store::FakeStore store_;
    TableCodec codec_;
    ServiceLimits limits_;
    PortIndex port_east_;
    PortIndex port_west_;
    std::unique_ptr<Provisioner> provisioner_;

private:
    static bool same(const CircuitSpec& left, const CircuitSpec& right) {
        const auto same_endpoint = [](const auto& one, const auto& other) {
            return one.first == other.first && one.second.uni == other.second.uni &&
                   one.second.vlan_map == other.second.vlan_map &&
                   one.second.bandwidth == other.second.bandwidth;
        };
        return left.name == right.name && left.display_name == right.display_name &&
               left.tags == right.tags && left.admin_state == right.admin_state &&
               left.frame_max == right.frame_max && left.bandwidth == right.bandwidth &&
               std::equal(
                   left.endpoints.begin(),
                   left.endpoints.end(),
                   right.endpoints.begin(),
                   right.endpoints.end(),
                   same_endpoint
               );
    }
};

} // namespace strowger::service
