// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What the site file says about the dataplane. Decoded and range-checked by the control plane,
/// checked against the machine by the dataplane.
namespace strowger {

enum class IdlePolicy : std::uint8_t {
    Poll,     ///< spins: least latency, a core at 100 %
    Adaptive, ///< sleeps in microsecond steps when nothing arrives
};

enum class BufferClass : std::uint8_t {
    Standard, ///< 2176-byte buffers
    Jumbo,    ///< 9216-byte frames in one buffer
};

enum class HugepageUse : std::uint8_t {
    Auto,     ///< hugepages when there are enough, else plain memory
    Never,    ///< --no-huge
    Required, ///< refuse to start without
};

struct WorkerConfig {
    std::uint32_t core = 1;
    IdlePolicy idle = IdlePolicy::Poll;
    /// May be the control core. Forces Adaptive and takes the worker out of every promise.
    bool shared = false;
};

struct PortConfig {
    std::string name;   ///< unique, a strowger::Name
    std::string device; ///< PCI address, or vdev devargs ("net_af_xdp0,iface=veth0")
    BufferClass buffers = BufferClass::Standard;
    std::uint32_t rx_queues = 1; ///< that share what arrives
    /// Behind those: each for the VLANs of one slice, where the device takes rules.
    std::uint32_t steered_queues = 0;
    std::uint32_t rx_descriptors = 1024; ///< of each queue
    std::uint32_t tx_descriptors = 1024;
};

struct DataplaneConfig {
    std::uint32_t control_core = 0;
    std::vector<WorkerConfig> workers;
    std::vector<PortConfig> ports;
    bool rebalance = false; ///< move circuits from busy workers to idle ones
    HugepageUse hugepages = HugepageUse::Auto;
    std::uint32_t memory_megabytes = 0; ///< on each socket with a worker; 0: what the site needs
    std::uint32_t endpoints = 16'384;   ///< slots in each worker
    /// Memory of each worker's VLAN index; 0: what `endpoints` need as a rule. 16 KiB for each
    /// (port, TPID) in use; for each S-VLAN mapped by C-VID 64 bytes up to 16 KiB.
    std::uint32_t vlan_index_bytes = 0;
    std::uint32_t command_ring = 1'024;  ///< power of two
    std::uint32_t handover_ring = 2'048; ///< power of two
};

} // namespace strowger
