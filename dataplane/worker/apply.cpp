// SPDX-License-Identifier: Apache-2.0
#include "worker/apply.h"

namespace strowger::dataplane {

namespace {

void apply_install(const InstallEndpoint& what, const ApplyTo& to) noexcept {
    HotSlot& hot = to.tables.hot[what.slot];
    ColdSlot& cold = to.tables.cold[what.slot];
    hot.green_frames.reset();
    hot.green_bytes.reset();
    hot.meter.start(what.meter, to.now, to.clock);
    hot.pack(what.forwarding, 0);
    cold.reset_counters();
    cold.far_slot = what.far_slot;
    cold.set_growth(what.forwarding.growth_bytes(), 0);
    cold.other = Forwarding{};
}

void set_present(
    const ApplyTo& to,
    std::uint32_t slot,
    const Forwarding& forwarding,
    unsigned version
) noexcept {
    HotSlot& hot = to.tables.hot[slot];
    hot.pack(forwarding, version);
    to.tables.cold[slot].set_growth(forwarding.growth_bytes(), hot.green_frames.read());
}

void apply_forwardings(CommandKind kind, const BothForwardings& what, const ApplyTo& to) noexcept {
    for (std::size_t half = 0; half < what.slots.size(); ++half) {
        const std::uint32_t slot = what.slots[half];
        if (kind == CommandKind::AddForwarding) {
            to.tables.cold[slot].other = what.forwarding[half];
        } else {
            set_present(to, slot, what.forwarding[half], to.tables.hot[slot].version());
        }
    }
}

void apply_switch(const BothEndpoints& what, const ApplyTo& to) noexcept {
    for (const std::uint32_t slot : what.slots) {
        set_present(to, slot, to.tables.cold[slot].other, 1 - to.tables.hot[slot].version());
    }
}

void apply_index(const SetIndex& what, Classifier& classifier) noexcept {
    for (std::uint32_t i = 0; i < what.run_count; ++i) {
        classifier.set_run(what.block, what.runs[i], what.entry);
    }
}

void apply_port(const SetPort& what, Classifier& classifier) noexcept {
    switch (what.place) {
        case SetPort::Place::RootOfTpid:
            classifier.set_root(what.port, what.tpid, what.line);
            break;
        case SetPort::Place::Untagged:
            classifier.set_untagged(what.port, what.entry);
            break;
        case SetPort::Place::AllToOne:
            classifier.set_all(what.port, what.entry);
            break;
    }
}

/// Frames that still wait for a device name the slots; those of other circuits go on waiting.
/// Nothing else names them. Should a bug do so, the frame is dropped as suspended, not leaked.
void apply_free(const BothEndpoints& what, const ApplyTo& to) noexcept {
    for (const std::uint32_t slot : what.slots) {
        give_up_waiting(to.tables, to.lanes, to.staged_ports, slot);
        to.tables.hot[slot].pack(Forwarding{}, to.tables.hot[slot].version());
        to.tables.cold[slot].other = Forwarding{};
    }
}

} // namespace

void apply(const Command& command, const ApplyTo& to) noexcept {
    switch (command.kind) {
        case CommandKind::InstallEndpoint:
            apply_install(command.install, to);
            break;
        case CommandKind::SetForwarding:
        case CommandKind::AddForwarding:
            apply_forwardings(command.kind, command.forwardings, to);
            break;
        case CommandKind::SwitchForwarding:
            apply_switch(command.endpoints, to);
            break;
        case CommandKind::SetMeter:
            to.tables.hot[command.set_meter.slot].meter.reconfigure(
                command.set_meter.meter, to.now, to.clock
            );
            break;
        case CommandKind::SetIndex:
            apply_index(command.set_index, *to.classifier);
            break;
        case CommandKind::ClearBlock:
            to.classifier->clear(command.clear_block.block);
            break;
        case CommandKind::CopyBlock:
            to.classifier->copy(command.copy_block.from, command.copy_block.to);
            break;
        case CommandKind::SetPort:
            apply_port(command.set_port, *to.classifier);
            break;
        case CommandKind::FreeEndpoints:
            apply_free(command.endpoints, to);
            break;
        case CommandKind::StartPolling:
        case CommandKind::StopPolling:
        case CommandKind::Barrier:
        case CommandKind::ExpectCircuit:
        case CommandKind::ReleaseCircuit:
        case CommandKind::SendMarker:
            break; // not of the tables: the loop and CircuitMoves see to them
    }
}

} // namespace strowger::dataplane
