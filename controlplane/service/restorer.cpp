// SPDX-License-Identifier: Apache-2.0
#include "service/restorer.h"

#include "service/slices.h"
#include "strowger/base/check.h"

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <utility>

namespace strowger::service {
namespace {

/// Circuits on their way to the workers: so many that no worker waits for the next one, and not so
/// many that looking at them all takes long.
constexpr std::size_t kOutstandingMax = 512;
constexpr std::size_t kOutstandingLow = 256;
constexpr std::int64_t kTellEveryNs = 1'000'000'000;
constexpr std::uint64_t kObjectsBetweenLooks = 256; ///< at the clock
constexpr std::int64_t kNoProgressNsMax = 30'000'000'000;

using Body = decltype(Record::body);

Error cannot_restore(const store::StoredObject& object, const std::string& why) {
    return {
        ErrorCode::Unavailable,
        "The " + std::string(to_string(object.id.kind())) + " \"" + object.name + "\" (" +
            object.id.text() + ") cannot be restored: " + why,
        {}};
}

template <typename T>
Error unreadable(const store::StoredObject& object, const Result<T>& decoded) {
    return cannot_restore(
        object, "what the store has of it is unreadable: " + decoded.error().message
    );
}

} // namespace

store::StoredObject stored_object(const Record& record, const SpecCodec& codec) {
    store::StoredObject object{record.id, record.tenant, name_of(record).text()};
    object.generation = record.generation;
    object.spec_json = record.spec_json;
    object.created_us = record.created_us;
    object.updated_us = record.updated_us;
    if (record.kind() == ObjectKind::Circuit) {
        object.effective_json = codec.encode_effective(record.as_circuit().effective);
    } else if (record.kind() == ObjectKind::Token) {
        object.digest = record.as_token().digest;
    }
    return object;
}

Result<void> Restorer::run() {
    store::Store& store = engine_.parts_.store;
    Result<std::uint64_t> total = store.count_objects();
    if (!total) {
        return std::move(total).error();
    }
    progress_.total = *total;
    begun_ns_ = told_ns_ = engine_.parts_.clock.steady_ns();
    Result<store::StoredInventory> stored =
        store.load([this](const store::StoredObject& object) { return take(object); });
    if (!stored) {
        return std::move(stored).error();
    }
    for (const auto& [owner, seq] : stored->order_seqs) {
        engine_.order_seqs_[owner] = seq;
    }
    if (stored->last_order.has_value()) {
        engine_.planner_.continue_ids_above(*stored->last_order);
    }
    engine_.slices_->restored();
    if (Result<void> held = wait_until_outstanding(0); !held) {
        return held;
    }
    tell(true);
    return {};
}

Result<void> Restorer::take(const store::StoredObject& object) {
    Result<RecordPtr> record = record_of(object);
    if (!record) {
        return std::move(record).error();
    }
    if (object.id.kind() == ObjectKind::Circuit) {
        record = install(*record);
        if (!record) {
            return cannot_restore(object, record.error().message);
        }
    }
    const Transition arrival{nullptr, *record};
    engine_.writer_.reserve(arrival);
    engine_.publish_tokens(arrival);
    engine_.writer_.publish(arrival);
    if (object.id.kind() == ObjectKind::Token && object.last_used_us != 0) {
        engine_.tokens_.set_last_used((*record)->as_token().digest, object.last_used_us);
    }
    if (++progress_.done % kObjectsBetweenLooks == 0) {
        tell(false);
    }
    return {};
}

void Restorer::tell(bool last) {
    const std::int64_t now_ns = engine_.parts_.clock.steady_ns();
    if (tell_ && (last || now_ns - told_ns_ >= kTellEveryNs)) {
        told_ns_ = now_ns;
        progress_.elapsed_us = (now_ns - begun_ns_) / 1'000;
        tell_(progress_);
    }
}

Result<RecordPtr> Restorer::record_of(const store::StoredObject& object) {
    const SpecCodec& codec = engine_.parts_.codec;
    std::optional<Body> body;
    if (object.id.kind() == ObjectKind::Tenant) {
        Result<TenantSpec> spec = codec.decode_tenant(object.spec_json);
        if (!spec) {
            return unreadable(object, spec);
        }
        body = TenantBody{*std::move(spec)};
    } else if (object.id.kind() == ObjectKind::Token) {
        Result<TokenSpec> spec = codec.decode_token(object.spec_json);
        if (!spec) {
            return unreadable(object, spec);
        }
        if (!object.digest.has_value()) {
            return cannot_restore(object, "the store has no digest of it.");
        }
        body = TokenBody{*std::move(spec), *object.digest};
    } else if (object.id.kind() == ObjectKind::Uni) {
        Result<UniSpec> spec = codec.decode_uni(object.spec_json);
        if (!spec) {
            return unreadable(object, spec);
        }
        Result<const PortRecord*> port = engine_.inventory_.find_port(spec->port.text());
        if (!port) {
            return cannot_restore(
                object, "its port \"" + spec->port.text() + "\" is not in the site file."
            );
        }
        body = UniBody{*std::move(spec), (*port)->index};
    } else if (object.id.kind() == ObjectKind::Slice) {
        Result<SliceBody> slice = slice_of(object);
        if (!slice) {
            return std::move(slice).error();
        }
        body = *std::move(slice);
    } else {
        Result<CircuitBody> circuit = circuit_of(object);
        if (!circuit) {
            return std::move(circuit).error();
        }
        body = *std::move(circuit);
    }
    return std::make_shared<const Record>(Record{
        object.id,
        object.tenant,
        object.generation,
        object.spec_json,
        object.created_us,
        object.updated_us,
        *std::move(body)});
}

Result<CircuitBody> Restorer::circuit_of(const store::StoredObject& object) {
    const SpecCodec& codec = engine_.parts_.codec;
    Result<CircuitSpec> spec = codec.decode_circuit(object.spec_json);
    if (!spec) {
        return unreadable(object, spec);
    }
    Result<EffectiveCircuit> effective = codec.decode_effective(object.effective_json);
    if (!effective) {
        return unreadable(object, effective);
    }
    std::vector<ObjectId> unis;
    for (const auto& [name, endpoint] : spec->endpoints) {
        const RecordPtr uni =
            engine_.writer_.find_staying(ObjectKind::Uni, object.tenant, endpoint.uni);
        if (uni == nullptr) {
            return cannot_restore(object, "its UNI \"" + endpoint.uni + "\" is not in the store.");
        }
        if (!engine_.writer_.vlan_conflicts(uni->id, endpoint.vlan_map, object.id).empty()) {
            return cannot_restore(object, "another circuit has some of its frames.");
        }
        if (effective->bandwidth.count(name) == 0) {
            return cannot_restore(
                object, "the store has no profile of endpoint " + name.text() + "."
            );
        }
        unis.push_back(uni->id);
    }
    if (unis.size() != 2) {
        return cannot_restore(object, "it has not two endpoints.");
    }
    return CircuitBody{
        *std::move(spec),
        *std::move(effective),
        {unis[0], unis[1]},
        engine_.planner_.next_key(),
        engine_.inventory_.placement().of(*object.tenant)};
}

Result<SliceBody> Restorer::slice_of(const store::StoredObject& object) {
    Result<SliceSpec> spec = engine_.parts_.codec.decode_slice(object.spec_json);
    if (!spec) {
        return unreadable(object, spec);
    }
    std::vector<ObjectId> tenants;
    for (const std::string& reference : spec->tenants) {
        const RecordPtr tenant =
            engine_.writer_.find_staying(ObjectKind::Tenant, std::nullopt, reference);
        if (tenant == nullptr) {
            return cannot_restore(object, "its tenant \"" + reference + "\" is not in the store.");
        }
        tenants.push_back(tenant->id);
    }
    std::sort(tenants.begin(), tenants.end());
    return SliceBody{*std::move(spec), std::move(tenants)};
}

/// Gives the circuit as it was installed. Where its workers have no room it was elsewhere before,
/// because it could not be moved: then it goes to a worker that no slice reserves, or to any, and
/// is moved when there is room. That is worse than what was promised, and better than no service.
Result<RecordPtr> Restorer::install(const RecordPtr& circuit) {
    Dataplane& dataplane = engine_.parts_.dataplane;
    const CircuitKey key = circuit->as_circuit().key;
    const CircuitRules& rules = engine_.planner_.circuit_rules();
    RecordPtr installed = circuit;
    Result<void> staged = dataplane.stage(key, rules.program(installed->as_circuit()));
    for (const WorkerSet workers : {engine_.inventory_.placement().unreserved(), WorkerSet{}}) {
        if (staged || installed->as_circuit().workers.empty()) {
            break;
        }
        installed = on_workers(*circuit, workers);
        staged = dataplane.stage(key, rules.program(installed->as_circuit()));
    }
    if (!staged) {
        return std::move(staged).error();
    }
    dataplane.commit(key, ++engine_.last_ticket_);
    if (dataplane.outstanding() >= kOutstandingMax) {
        if (Result<void> waited = wait_until_outstanding(kOutstandingLow); !waited) {
            return std::move(waited).error();
        }
    }
    return installed;
}

Result<void> Restorer::wait_until_outstanding(std::size_t most) {
    Dataplane& dataplane = engine_.parts_.dataplane;
    const Clock& clock = engine_.parts_.clock;
    std::array<Completion, 64> completions;
    std::int64_t progress_ns = clock.steady_ns();
    while (dataplane.outstanding() > most) {
        if (dataplane.poll(completions) > 0) {
            progress_ns = clock.steady_ns();
        } else if (clock.steady_ns() - progress_ns > kNoProgressNsMax) {
            return Error{ErrorCode::Unavailable, "the workers do not acknowledge it.", {}};
        } else {
            std::this_thread::yield();
        }
    }
    return {};
}

} // namespace strowger::service
