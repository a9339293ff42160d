# SPDX-License-Identifier: Apache-2.0
"""The benches, in the order of a run. Each gives an Outcome or raises NotMeasured."""

import dataclasses
import pathlib
import typing

import in_process
import orders_and_workers
import properties
import side_by_side
import two_processes


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a bench runs and how long it may take."""

    root: pathlib.Path
    build: pathlib.Path
    scratch: pathlib.Path  # gone after the run
    quick: bool
    say: typing.Callable[[str], None]

    def program(self, name):
        return self.build / "bench" / name

    def rounds(self, full):
        return 2 if self.quick else full

    def seconds(self, full):
        return min(0.3, full) if self.quick else full


@dataclasses.dataclass(frozen=True)
class Bench:
    name: str
    title: str
    run: typing.Callable[[Place], "outcome.Outcome"]  # noqa: F821


BENCHES = (
    Bench("stages", "Stages, cycles a frame", in_process.stages),
    Bench("tables", "Tables and ledgers by themselves, cycles a lookup and a change", in_process.tables),
    Bench("throughput", "The worker loop from source to sink", in_process.throughput),
    Bench("peers", "The same work through testpmd and OVS-DPDK", side_by_side.measure),
    Bench("two_processes", "Two processes on two cores, over vhost-user and memif", two_processes.measure),
    Bench("blocked_time", "What others lose while circuits are ordered", orders_and_workers.blocked_time),
    Bench("provisioning", "Circuits a second to a running worker", orders_and_workers.provisioning),
    Bench("batch", "Circuits a second through the batch API, durable", orders_and_workers.batch),
    Bench("restart", "From a crash to the first frame", orders_and_workers.restart),
    Bench("workers", "Hand-over between workers", orders_and_workers.handover),
    Bench("moves", "A loaded circuit moved to and fro", orders_and_workers.moves),
    Bench("fairness", "Ports of one worker, one of them flooded", orders_and_workers.fairness),
    Bench("hard_slice", "A worker of one's own beside a loaded one", orders_and_workers.hard_slice),
    Bench("rebalancer", "All the load on one of two workers", orders_and_workers.rebalancer),
    Bench("yellow_first", "A port that backs up", orders_and_workers.yellow_first),
    Bench("properties", "The property tests beside 100,000 circuits", properties.measure),
)
