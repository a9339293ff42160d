// SPDX-License-Identifier: Apache-2.0
#include "pktgen/report.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace strowger::pktgen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Ten million frames in two seconds, all of them back.
TrialResult good_trial() {
    TrialResult trial;
    trial.asked_pps = 5e6;
    trial.seconds = 2.0;
    trial.sent = 10'000'000;
    trial.received = 10'000'000;
    trial.received_in_window = 9'999'000;
    trial.tx_bursts = 312'500;
    trial.rx_polls = 400'000;
    return trial;
}

Report report_of(const TrialResult& trial, Mode mode = Mode::Blast) {
    Report report;
    report.options.mode = mode;
    report.runs.push_back(
        {.sizes = {.name = "64", .pattern = {64}}, .trials = {trial}, .answers = {}, .bursts = {}}
    );
    return report;
}

TEST(Trial, RatesAreOfTheWindowAndLossOfAllFrames) {
    TrialResult trial = good_trial();
    trial.lost = 1'000;

    EXPECT_DOUBLE_EQ(5e6, trial.tx_pps());
    EXPECT_DOUBLE_EQ(4'999'500.0, trial.rx_pps());
    EXPECT_DOUBLE_EQ(1e-4, trial.loss_ratio());
    EXPECT_DOUBLE_EQ(200.0, trial.blocked_us()) << "1,000 frames at 5 million a second";
}

TEST(Trial, WhatTheGeneratorsDeviceMissedIsNotTheOthersLoss) {
    TrialResult trial = good_trial();
    trial.lost = 1'000;
    trial.devices.rx_missed = 300;
    trial.devices.rx_no_buffer = 100;

    EXPECT_EQ(400u, trial.lost_in_generator());
    EXPECT_EQ(600u, trial.lost_in_device_under_test());
    EXPECT_EQ(Bottleneck::Receiver, find_bottleneck(trial));
}

TEST(Trial, HoldsItsRateToHalfAPercent) {
    TrialResult trial = good_trial();
    trial.sent = 9'950'000;
    EXPECT_TRUE(trial.rate_held());
    trial.sent = 9'949'000;
    EXPECT_FALSE(trial.rate_held());
    trial.asked_pps = 0.0;
    EXPECT_TRUE(trial.rate_held()) << "nothing was asked for";
}

TEST(Trial, SaysWhoWasTheBottleneck) {
    TrialResult held = good_trial();
    EXPECT_EQ(Bottleneck::None, find_bottleneck(held));

    TrialResult short_of = good_trial();
    short_of.sent = 8'000'000;
    EXPECT_EQ(Bottleneck::Sender, find_bottleneck(short_of)) << "nothing held it up but itself";
    short_of.tx_refused = 100'000;
    EXPECT_EQ(Bottleneck::Device, find_bottleneck(short_of));

    TrialResult flat_out = good_trial();
    flat_out.asked_pps = 0.0;
    EXPECT_EQ(Bottleneck::Sender, find_bottleneck(flat_out));
    flat_out.lost = 1;
    EXPECT_EQ(Bottleneck::Device, find_bottleneck(flat_out));
    flat_out.rx_full = 390'000;
    EXPECT_EQ(Bottleneck::Receiver, find_bottleneck(flat_out)) << "it never saw its queue empty";
}

TEST(Report, AllWellIsDone) {
    EXPECT_THAT(find_faults(report_of(good_trial())), IsEmpty());
    EXPECT_EQ(ExitStatus::Done, status_of(report_of(good_trial())));
}

TEST(Report, LossInBlastIsAFigureAndInCheckAFault) {
    TrialResult trial = good_trial();
    trial.lost = 5;
    EXPECT_EQ(ExitStatus::Done, status_of(report_of(trial)));

    trial.fates = {.sent = 10'000'000, .delivered = 9'999'995, .lost = 5};
    EXPECT_EQ(ExitStatus::Faults, status_of(report_of(trial, Mode::Check)));
}

TEST(Report, MisdeliveryIsAFaultInEveryMode) {
    for (const Mode mode : {Mode::Blast, Mode::Check, Mode::Throughput}) {
        TrialResult trial = good_trial();
        trial.misdelivered = 1;
        const Report report = report_of(trial, mode);
        EXPECT_THAT(find_faults(report), ElementsAre(HasSubstr("1 frames came back on a wrong")));
        EXPECT_EQ(ExitStatus::Faults, status_of(report));
        EXPECT_THAT(to_table(report), HasSubstr("FAULT 64 bytes: 1 frames"));
    }
}

TEST(Report, ARateThatWasNotHeldIsAFaultUnlessItIsASearch) {
    TrialResult trial = good_trial();
    trial.sent = 8'000'000;
    trial.received = 8'000'000;
    EXPECT_EQ(ExitStatus::Faults, status_of(report_of(trial)));
    EXPECT_EQ(ExitStatus::Done, status_of(report_of(trial, Mode::Throughput)));
}

TEST(Report, NothingBackAndInterruptedHaveTheirOwnStatus) {
    TrialResult trial = good_trial();
    trial.received = 0;
    trial.lost = trial.sent;
    Report report = report_of(trial);
    EXPECT_EQ(ExitStatus::NothingCameBack, status_of(report));
    report.interrupted = true;
    EXPECT_EQ(ExitStatus::Interrupted, status_of(report));
}

TEST(Report, JsonHoldsTheFiguresUnderTheirDocumentedNames) {
    TrialResult trial = good_trial();
    trial.misdelivered = 3;
    trial.latency = {.frames = 9, .p50_us = 1.5, .p99_us = 2.5, .p999_us = 3.5, .most_us = 4.5};
    trial.fates = {.sent = 10, .delivered = 8, .lost = 2, .duplicates = 1};
    trial.circuits.push_back(
        {.fates = {.circuit = 7, .fates = {.sent = 4, .lost = 2}}, .latency = {}}
    );
    Report report = report_of(trial, Mode::Check);
    report.calibration = Calibration{.blast_pps = 30e6, .check_pps = 12e6};

    const boost::json::value value = boost::json::parse(to_json(report));

    EXPECT_EQ("strowger-pktgen/1", value.at("format").as_string());
    EXPECT_EQ("check", value.at("mode").as_string());
    EXPECT_EQ(12e6, value.at_pointer("/calibration/check_pps").as_double());
    const boost::json::value& one = value.at_pointer("/runs/0/trials/0");
    EXPECT_EQ(5e6, one.at("tx_pps").as_double());
    EXPECT_EQ(3, one.at("misdelivered").as_int64());
    EXPECT_EQ(3.5, one.at("latency").at("p999_us").as_double());
    EXPECT_EQ(2, one.at("fates").at("lost").as_int64());
    EXPECT_EQ(7, one.at("circuits").at(0).at("circuit").as_int64());
    EXPECT_EQ("none", one.at("generator").at("bottleneck").as_string());
    EXPECT_EQ(3, value.at("exit_status").as_int64());
    EXPECT_EQ(2u, value.at("faults").as_array().size());
}

TEST(Report, AnswersOfASearchAreInBoth) {
    Report report = report_of(good_trial(), Mode::Throughput);
    report.runs[0].answers = {
        {.target = {.name = "NDR", .loss_ratio = 0.0}, .pps = 4e6, .above = 4.1e6}};
    report.runs[0].bursts = {100, 300};

    const boost::json::value value = boost::json::parse(to_json(report));

    EXPECT_EQ(4e6, value.at_pointer("/runs/0/throughput/0/pps").as_double());
    EXPECT_EQ(4e6 * 84 * 8, value.at_pointer("/runs/0/throughput/0/line_bps").as_double());
    EXPECT_EQ(300, value.at_pointer("/runs/0/longest_bursts/1").as_int64());
    EXPECT_THAT(to_table(report), HasSubstr("NDR"));
    EXPECT_THAT(to_table(report), HasSubstr("200 frames, mean of 2"));
}

} // namespace
} // namespace strowger::pktgen
