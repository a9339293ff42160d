// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/site_config.h"
#include "strowger/base/result.h"

namespace strowger::daemon {

/// Builds everything that the site asks for, from the dataplane up, serves until a signal, and
/// takes it down in reverse. Fails with what could not be started; then nothing is left behind.
Result<void> serve(const config::SiteConfig& site);

} // namespace strowger::daemon
