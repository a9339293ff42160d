// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/exchange.h"

/// One function for each operation of the API, one file for each resource.
namespace strowger::api {

HttpResponse list_tenants(Services& services, const Exchange& exchange);
HttpResponse get_tenant(Services& services, const Exchange& exchange);
void create_tenant(Services& services, const Exchange& exchange, Respond respond);
void patch_tenant(Services& services, const Exchange& exchange, Respond respond);
void delete_tenant(Services& services, const Exchange& exchange, Respond respond);

HttpResponse list_tokens(Services& services, const Exchange& exchange);
HttpResponse get_token(Services& services, const Exchange& exchange);
void create_token(Services& services, const Exchange& exchange, Respond respond);
void delete_token(Services& services, const Exchange& exchange, Respond respond);

HttpResponse list_ports(Services& services, const Exchange& exchange);
HttpResponse get_port(Services& services, const Exchange& exchange);

HttpResponse list_unis(Services& services, const Exchange& exchange);
HttpResponse get_uni(Services& services, const Exchange& exchange);
void create_uni(Services& services, const Exchange& exchange, Respond respond);
void patch_uni(Services& services, const Exchange& exchange, Respond respond);
void delete_uni(Services& services, const Exchange& exchange, Respond respond);

HttpResponse list_circuits(Services& services, const Exchange& exchange);
HttpResponse get_circuit(Services& services, const Exchange& exchange);
HttpResponse get_circuit_counters(Services& services, const Exchange& exchange);
void create_circuit(Services& services, const Exchange& exchange, Respond respond);
void batch_circuits(Services& services, const Exchange& exchange, Respond respond);
void put_circuit(Services& services, const Exchange& exchange, Respond respond);
void patch_circuit(Services& services, const Exchange& exchange, Respond respond);
void delete_circuit(Services& services, const Exchange& exchange, Respond respond);

HttpResponse list_slices(Services& services, const Exchange& exchange);
HttpResponse get_slice(Services& services, const Exchange& exchange);
void create_slice(Services& services, const Exchange& exchange, Respond respond);
void patch_slice(Services& services, const Exchange& exchange, Respond respond);
void delete_slice(Services& services, const Exchange& exchange, Respond respond);

HttpResponse list_workers(Services& services, const Exchange& exchange);

HttpResponse list_orders(Services& services, const Exchange& exchange);
HttpResponse get_order(Services& services, const Exchange& exchange);

HttpResponse get_livez(Services& services, const Exchange& exchange);
HttpResponse get_readyz(Services& services, const Exchange& exchange);
HttpResponse get_version(Services& services, const Exchange& exchange);

} // namespace strowger::api
