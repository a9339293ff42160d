// SPDX-License-Identifier: Apache-2.0
// Lets a Linux host speak VLANs where the kernel has no 802.1Q devices.
//
// The host keeps one plain veth with several IPv4 subnets on it; each subnet stands for one circuit
// and has its own tag stack. On egress the /24 of the destination (or of the ARP target) chooses
// the tags to push. On ingress a frame reaches the host only with exactly the tags of one rule and
// a source inside that rule's subnet, so a frame leaked from another VLAN can never look like a
// delivered one.
//
// The rules are compiled in, which leaves no map to fill and nothing to pin: clang gets
// -DRULES='{...},...'.

// libbpf's headers need the kernel's types before them.
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
// clang-format on

// A tag is TPID << 16 | TCI, 0 means "no such tag"; the subnet is the upper 24 bits of the address.
struct rule {
    __u32 subnet;
    __u32 outer;
    __u32 inner; // 0 unless there is an outer tag
};

static const struct rule rules[] = {RULES};

enum {
    kRuleCount = sizeof(rules) / sizeof(rules[0]),
    kMacsLength = 2 * ETH_ALEN,
    kTagLength = 4,
    kTagCountMax = 2,
    kEthernetQinQ3 = 0x9100,
};

// PCP and DEI of a received tag are not compared: they are class and colour, which a circuit
// may change.
static const __u32 kTagMask = 0xffff0fff;

static __always_inline int is_tpid(__u16 type) {
    return type == ETH_P_8021Q || type == ETH_P_8021AD || type == kEthernetQinQ3;
}

// The /24 an IPv4 or ARP payload speaks for, or 0 when it is neither.
static __always_inline __u32
subnet_of(struct __sk_buff* skb, __u16 type, __u32 payload, int want_source) {
    __be32 address = 0;
    __u32 offset;

    if (type == ETH_P_IP) {
        offset = payload + (want_source ? 12 : 16);
    } else if (type == ETH_P_ARP) {
        offset = payload + (want_source ? 14 : 24);
    } else {
        return 0;
    }
    if (bpf_skb_load_bytes(skb, offset, &address, sizeof(address)) != 0) {
        return 0;
    }
    return bpf_ntohl(address) >> 8;
}

// Puts one tag behind the MAC addresses. bpf_skb_vlan_push would turn TPID 0x9100 into 0x8100;
// writing the bytes treats every TPID alike.
static __always_inline int push_tag(struct __sk_buff* skb, __u32 tag) {
    struct {
        __u8 macs[kMacsLength];
        __be32 tag;
    } head;

    if (bpf_skb_load_bytes(skb, 0, head.macs, sizeof(head.macs)) != 0) {
        return -1;
    }
    head.tag = bpf_htonl(tag);
    if (bpf_skb_change_head(skb, kTagLength, 0) != 0) {
        return -1;
    }
    return bpf_skb_store_bytes(skb, 0, &head, sizeof(head), 0) != 0 ? -1 : 0;
}

SEC("tc/egress")
int vlan_host_push(struct __sk_buff* skb) {
    __be16 type = 0;
    __u32 subnet;

    if (bpf_skb_load_bytes(skb, kMacsLength, &type, sizeof(type)) != 0) {
        return TC_ACT_SHOT;
    }
    subnet = subnet_of(skb, bpf_ntohs(type), ETH_HLEN, 0);
#pragma unroll
    for (int i = 0; i < kRuleCount; ++i) {
        if (subnet == 0 || subnet != rules[i].subnet) {
            continue;
        }
        if (rules[i].inner != 0 && push_tag(skb, rules[i].inner) != 0) {
            return TC_ACT_SHOT;
        }
        if (rules[i].outer != 0 && push_tag(skb, rules[i].outer) != 0) {
            return TC_ACT_SHOT;
        }
        return TC_ACT_OK;
    }
    // Neighbour discovery, LLDP and whatever else the host may utter would disturb exact counts.
    return TC_ACT_SHOT;
}

// What a received frame carries in front of its payload.
struct received {
    __u64 stack; // outer << 32 | inner, or the only tag
    __u16 type;
    __u32 payload;
};

// The kernel has already lifted the outermost 0x8100 or 0x88A8 tag out of the bytes into the skb's
// metadata; a 0x9100 tag is still among the bytes.
static __always_inline int read_tags(struct __sk_buff* skb, struct received* frame) {
    __be16 type = 0;
    __be16 next[2] = {};

    frame->payload = ETH_HLEN;
    frame->stack = 0;
    if (skb->vlan_present) {
        frame->stack = (__u64)bpf_ntohs((__be16)skb->vlan_proto) << 16 | (skb->vlan_tci & 0xffff);
    }
    if (bpf_skb_load_bytes(skb, kMacsLength, &type, sizeof(type)) != 0) {
        return -1;
    }
    frame->type = bpf_ntohs(type);
#pragma unroll
    for (int i = 0; i < kTagCountMax; ++i) {
        if (!is_tpid(frame->type)) {
            return 0;
        }
        if (frame->stack >> 32 != 0 ||
            bpf_skb_load_bytes(skb, frame->payload, next, sizeof(next)) != 0) {
            return -1;
        }
        frame->stack = frame->stack << 32 | (__u64)frame->type << 16 | bpf_ntohs(next[0]);
        frame->type = bpf_ntohs(next[1]);
        frame->payload += kTagLength;
    }
    return is_tpid(frame->type) ? -1 : 0;
}

static __always_inline int matches(__u64 stack, const struct rule* rule) {
    const __u64 wanted = rule->inner != 0 ? (__u64)rule->outer << 32 | rule->inner : rule->outer;
    const __u64 mask = (__u64)kTagMask << 32 | kTagMask;

    return (stack & mask) == (wanted & mask);
}

// bpf_skb_vlan_pop refuses 0x9100, and no other helper shortens a frame that is not IP. Two pushes
// put a 0x8100 tag among the bytes in front of it; then it can be renamed, and popped like any
// other tag.
static __always_inline int rename_first_tag(struct __sk_buff* skb) {
    const __be16 tpid = bpf_htons(ETH_P_8021Q);

    if (bpf_skb_vlan_push(skb, tpid, 1) != 0 || bpf_skb_vlan_push(skb, tpid, 1) != 0) {
        return -1;
    }
    if (bpf_skb_store_bytes(skb, kMacsLength + kTagLength, &tpid, sizeof(tpid), 0) != 0) {
        return -1;
    }
    // The first pop drops the second push and lifts the first one; the second pop drops that and
    // lifts the renamed tag.
    return bpf_skb_vlan_pop(skb) != 0 || bpf_skb_vlan_pop(skb) != 0 ? -1 : 0;
}

static __always_inline int pop_tag(struct __sk_buff* skb, __u32 tag) {
    if (tag >> 16 == kEthernetQinQ3 && rename_first_tag(skb) != 0) {
        return -1;
    }
    return bpf_skb_vlan_pop(skb) != 0 ? -1 : 0;
}

SEC("tc/ingress")
int vlan_host_pop(struct __sk_buff* skb) {
    struct received frame;
    __u32 subnet;
    int known = 0;

    if (read_tags(skb, &frame) != 0) {
        return TC_ACT_SHOT;
    }
    subnet = subnet_of(skb, frame.type, frame.payload, 1);
#pragma unroll
    for (int i = 0; i < kRuleCount; ++i) {
        known |= subnet != 0 && subnet == rules[i].subnet && matches(frame.stack, &rules[i]);
    }
    if (!known) {
        return TC_ACT_SHOT;
    }
    if (frame.stack >> 32 != 0 && pop_tag(skb, frame.stack >> 32) != 0) {
        return TC_ACT_SHOT;
    }
    if (frame.stack != 0 && pop_tag(skb, (__u32)frame.stack) != 0) {
        return TC_ACT_SHOT;
    }
    return TC_ACT_OK;
}

char license_text[] SEC("license") = "Dual BSD/GPL";
