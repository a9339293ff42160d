// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/check_answer.h"

#include "api/json_reader.h"
#include "api/problem_response.h"
#include "strowger/base/check.h"

namespace strowger::test {

void check_refusal(const Error& error) {
    STROWGER_CHECK(error.code == ErrorCode::Malformed || error.code == ErrorCode::Invalid);
    for (const Problem& problem : error.problems) {
        STROWGER_CHECK(!problem.code.empty() && !problem.message.empty());
        STROWGER_CHECK(problem.pointer.empty() || problem.pointer.front() == '/');
    }
    const api::HttpResponse answer = api::problem_response(error);
    STROWGER_CHECK(answer.status >= 400 && answer.status < 500);
    const Result<api::JsonDocument> body = api::read_json(answer.body);
    STROWGER_CHECK(body.has_value() && body->problems.empty());
}

} // namespace strowger::test
