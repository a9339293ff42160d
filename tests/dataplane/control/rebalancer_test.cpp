// SPDX-License-Identifier: Apache-2.0
#include "control/rebalancer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace strowger::dataplane {
namespace {

constexpr std::uint64_t kHz = 1'000'000'000;
constexpr std::uint64_t kPollTicks = 100'000'000; // as often as the daemon's timer

/// Workers whose time goes into their circuits' frames: what a world does to them is exact, what
/// the rebalancer makes of it is seen.
class Site final : public Rebalancer::Host {
public:
    explicit Site(std::size_t workers) : busy_(workers), overhead_(workers) {}

    /// A circuit that takes `share` of its worker's time.
    void add(std::uint64_t key, std::size_t worker, double share, WorkerSet workers = {}) {
        circuits_[CircuitKey{key}] = {.worker = worker, .share = share, .workers = workers};
    }
    void set_share(std::uint64_t key, double share) { circuits_.at(CircuitKey{key}).share = share; }
    /// Time that a worker spends on other things than its circuits.
    void set_overhead(std::size_t worker, double share) { overhead_[worker] = share; }
    void refuse_moves() { refuses_ = true; }
    void pass(std::uint64_t ticks) {
        under_way_ = 0;
        for (auto& [key, circuit] : circuits_) {
            circuit.frames += circuit.share * static_cast<double>(ticks) / kTicksPerFrame;
            busy_[circuit.worker] += circuit.share * static_cast<double>(ticks);
        }
        for (std::size_t worker = 0; worker < busy_.size(); ++worker) {
            busy_[worker] += overhead_[worker] * static_cast<double>(ticks);
        }
    }

    [[nodiscard]] double load(std::size_t worker) const {
        double sum = overhead_[worker];
        for (const auto& [key, circuit] : circuits_) {
            sum += circuit.worker == worker ? circuit.share : 0;
        }
        return sum;
    }
    [[nodiscard]] double gap() const {
        double least = 1e9;
        double most = 0;
        for (std::size_t worker = 0; worker < busy_.size(); ++worker) {
            least = std::min(least, load(worker));
            most = std::max(most, load(worker));
        }
        return most - least;
    }
    [[nodiscard]] unsigned moves() const { return moves_; }
    [[nodiscard]] std::size_t most_looked_at() const { return most_looked_at_; }

    [[nodiscard]] std::size_t worker_count() const override { return busy_.size(); }
    [[nodiscard]] std::uint64_t busy_ticks(std::size_t worker) const override {
        return static_cast<std::uint64_t>(busy_[worker]);
    }
    [[nodiscard]] std::size_t circuits(std::size_t worker) const override {
        return static_cast<std::size_t>(std::count_if(
            circuits_.begin(),
            circuits_.end(),
            [worker](const auto& entry) { return entry.second.worker == worker; }
        ));
    }
    void list(std::size_t worker, std::size_t& cursor, std::vector<Rebalancer::Load>& loads)
        const override {
        constexpr std::size_t kAtOnce = 4'096;
        auto at = circuits_.lower_bound(CircuitKey{cursor});
        for (std::size_t i = 0; i < kAtOnce && at != circuits_.end(); ++i, ++at) {
            if (at->second.worker == worker) {
                loads.push_back(
                    {.key = at->first,
                     .frames = static_cast<std::uint64_t>(at->second.frames),
                     .workers = at->second.workers}
                );
            }
        }
        cursor = at == circuits_.end() ? 0 : static_cast<std::size_t>(at->first.value);
        most_looked_at_ = std::max(most_looked_at_, loads.size());
    }
    [[nodiscard]] std::optional<std::uint64_t> frames(CircuitKey key, std::size_t worker)
        const override {
        const auto found = circuits_.find(key);
        if (found == circuits_.end() || found->second.worker != worker) {
            return std::nullopt;
        }
        return static_cast<std::uint64_t>(found->second.frames);
    }
    bool move(CircuitKey key, std::size_t worker) override {
        Circuit& circuit = circuits_.at(key);
        if (refuses_) {
            return false;
        }
        EXPECT_TRUE(circuit.workers.empty() || circuit.workers.contains(worker));
        EXPECT_NE(circuit.worker, worker);
        EXPECT_LT(under_way_, Rebalancer::kMovesAtOnceMax);
        circuit.worker = worker;
        ++under_way_;
        ++moves_;
        return true;
    }
    [[nodiscard]] std::size_t moves_under_way() const override { return under_way_; }

private:
    static constexpr double kTicksPerFrame = 100;
    struct Circuit {
        std::size_t worker = 0;
        double share = 0;
        WorkerSet workers;
        double frames = 0;
    };
    std::map<CircuitKey, Circuit> circuits_;
    std::vector<double> busy_;
    std::vector<double> overhead_;
    bool refuses_ = false;
    std::size_t under_way_ = 0;
    unsigned moves_ = 0;
    mutable std::size_t most_looked_at_ = 0;
};

class RebalancerTest : public testing::Test {
protected:
    /// `pause`: between two polls; a busy control thread polls far more often than its timer.
    void run(Site& site, double seconds, std::uint64_t pause = kPollTicks) {
        Rebalancer rebalancer{site, kHz};
        run(site, rebalancer, seconds, pause);
    }
    void run(Site& site, Rebalancer& rebalancer, double seconds, std::uint64_t pause = kPollTicks) {
        const auto end = now_ + static_cast<std::uint64_t>(seconds * kHz);
        while (now_ < end) {
            rebalancer.poll(now_);
            site.pass(pause);
            now_ += pause;
        }
    }
    std::uint64_t now_ = 1;
};

TEST_F(RebalancerTest, HalvesAnImbalanceWithinTenSeconds) {
    Site site{2};
    for (unsigned i = 0; i < 20; ++i) {
        site.add(i + 1, 0, 0.04);
    }
    const double before = site.gap();
    run(site, 10);
    EXPECT_LT(site.gap(), before / 2);
    EXPECT_LT(site.moves(), 12U) << "and no more than that takes";
}

TEST_F(RebalancerTest, HalvesOneOfVeryManySmallCircuitsToo) {
    Site site{4};
    for (unsigned i = 0; i < 20'000; ++i) {
        site.add(i + 1, 0, i % 100 == 0 ? 0.003 : 0.000'005);
    }
    const double before = site.gap();
    run(site, 10);
    // Three idle workers take a third each, one after the other.
    EXPECT_LT(site.load(0), before / 2);
    EXPECT_LE(site.most_looked_at(), 4'096U);
}

TEST_F(RebalancerTest, WorksTheSameWhenPolledAllTheTime) {
    Site site{2};
    for (unsigned i = 0; i < 20; ++i) {
        site.add(i + 1, 0, 0.04);
    }
    run(site, 10, 1'000'000);
    EXPECT_LT(site.gap(), 0.4);
}

TEST_F(RebalancerTest, LeavesSmallLoadsAlone) {
    Site site{2};
    site.add(1, 0, 0.15);
    site.add(2, 0, 0.14);
    run(site, 60);
    EXPECT_EQ(0U, site.moves());
}

TEST_F(RebalancerTest, LeavesASmallGapAlone) {
    Site site{2};
    for (unsigned i = 0; i < 18; ++i) {
        site.add(i + 1, i < 10 ? 0 : 1, 0.09);
    }
    run(site, 60);
    EXPECT_EQ(0U, site.moves());
}

TEST_F(RebalancerTest, APeakOfOneWindowMovesNothing) {
    Site site{2};
    site.add(1, 0, 0.1);
    site.add(2, 0, 0.1);
    Rebalancer rebalancer{site, kHz};
    for (unsigned i = 0; i < 20; ++i) {
        site.set_share(1, 0.5);
        run(site, rebalancer, 0.5);
        site.set_share(1, 0.1);
        run(site, rebalancer, 1.5);
    }
    EXPECT_EQ(0U, site.moves());
}

TEST_F(RebalancerTest, DoesNotPassACircuitToAndFroThatIsTooBigForAny) {
    Site site{2};
    site.add(1, 0, 0.9);
    site.add(2, 0, 0.01);
    run(site, 300);
    EXPECT_LE(site.moves(), 1U);
}

TEST_F(RebalancerTest, ComesToRest) {
    Site site{3};
    double share = 0.3;
    for (unsigned i = 0; i < 12; ++i) {
        site.add(i + 1, 0, share);
        share *= 0.7;
    }
    Rebalancer rebalancer{site, kHz};
    run(site, rebalancer, 120);
    const unsigned moves = site.moves();
    EXPECT_LT(site.gap(), 0.21);
    run(site, rebalancer, 600);
    EXPECT_EQ(moves, site.moves());
}

TEST_F(RebalancerTest, KeepsCircuitsInTheirSets) {
    Site site{3};
    WorkerSet first_two;
    first_two.add(0);
    first_two.add(1);
    for (unsigned i = 0; i < 8; ++i) {
        site.add(i + 1, 0, 0.1, first_two); // Site::move checks
    }
    run(site, 20);
    EXPECT_LT(site.load(0), 0.6);
    EXPECT_EQ(0.0, site.load(2));
}

TEST_F(RebalancerTest, WhatCannotMoveDoesNotKeepOthersFromMoving) {
    Site site{3};
    WorkerSet first;
    first.add(0);
    site.add(1, 0, 0.95, first);
    for (unsigned i = 0; i < 8; ++i) {
        site.add(i + 2, 1, 0.1);
    }
    run(site, 20);
    EXPECT_LT(site.load(1), 0.55);
    EXPECT_LT(0.3, site.load(2));
    EXPECT_NEAR(0.95, site.load(0), 1e-9);
}

TEST_F(RebalancerTest, APollingWorkersOwnTimeIsNoCircuits) {
    // Worker 0 receives for all: it is busy, and nothing that moves would change that.
    Site site{2};
    site.set_overhead(0, 0.6);
    site.add(1, 0, 0.001);
    site.add(2, 1, 0.1);
    run(site, 300);
    EXPECT_LE(site.moves(), 2U);
}

TEST_F(RebalancerTest, GivesUpOnWhatIsRefused) {
    Site site{2};
    site.refuse_moves();
    site.add(1, 0, 0.4);
    site.add(2, 0, 0.4);
    run(site, 30);
    EXPECT_EQ(0U, site.moves());
}

TEST_F(RebalancerTest, HasNothingToDoWithOneWorker) {
    Site site{1};
    site.add(1, 0, 0.9);
    run(site, 10);
    EXPECT_EQ(0U, site.moves());
}

} // namespace
} // namespace strowger::dataplane
