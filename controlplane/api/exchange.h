// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/batch_document.h"
#include "api/http_message.h"
#include "api/json_reader.h"
#include "api/list_params.h"
#include "api/target.h"
#include "auth/identity.h"
#include "service/provisioner.h"
#include "strowger/base/clock.h"

#include <optional>
#include <string>

namespace strowger::api {

/// What handlers work with.
struct Services {
    service::Provisioner& provisioner;
    const Clock& clock;
    std::string version;
};

/// A request that was read, authenticated and found a route. Handlers decode nothing any more: they
/// act and encode.
struct Exchange {
    HttpRequest http;
    std::string reference;                ///< the {id} at the end of the path: an id or a name
    std::shared_ptr<JsonDocument> body;   ///< of methods that take one
    std::shared_ptr<BatchDocument> batch; ///< of batches, in place of http.body
    std::optional<Error> batch_fault;     ///< why there is none: 422
    std::optional<ListParams> list;       ///< of lists
    auth::RequestIdentity identity;
    /// Whose inventory this is about: the token's tenant, or the one an operator named. None: an
    /// operator who named none.
    std::optional<ObjectId> tenant;
};

/// Answers at once.
using ReadHandler = HttpResponse (*)(Services& services, const Exchange& exchange);
/// Answers when the change is durable and held by every worker.
using WriteHandler = void (*)(Services& services, const Exchange& exchange, Respond respond);

/// 200 with a JSON body.
[[nodiscard]] HttpResponse json_response(std::string body);

} // namespace strowger::api
