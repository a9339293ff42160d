// SPDX-License-Identifier: Apache-2.0
#include "api/handlers.h"
#include "api/json_writer.h"
#include "api/problem_response.h"

namespace strowger::api {

HttpResponse get_livez(Services&, const Exchange&) {
    return json_response(R"({"status":"alive"})");
}

HttpResponse get_readyz(Services& services, const Exchange&) {
    const service::Readiness readiness = services.provisioner.readiness();
    if (readiness.ready) {
        return json_response(R"({"status":"ready"})");
    }
    std::string detail;
    for (const std::string& reason : readiness.reasons) {
        detail += (detail.empty() ? "" : " ") + reason;
    }
    return problem_response("not_ready", detail);
}

HttpResponse get_version(Services& services, const Exchange&) {
    JsonWriter writer;
    writer.begin_object();
    writer.key("version").text(services.version);
    writer.key("api").text("v1");
    writer.end_object();
    return json_response(writer.take());
}

} // namespace strowger::api
