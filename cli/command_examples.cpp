// SPDX-License-Identifier: Apache-2.0
#include "cli/command_examples.h"

namespace strowger::cli {

const std::vector<CommandExamples>& command_examples() {
    static const std::vector<CommandExamples> examples = {
        {"tenant",
         "create",
         {"strowger tenant create acme --display-name 'Acme Ltd.' --tag contract=2026-17"}},
        {"tenant", "list", {"strowger tenant list --name-prefix ac"}},
        {"tenant", "get", {"strowger tenant get acme -o yaml"}},
        {"tenant", "update", {"strowger tenant update acme --display-name 'Acme Limited'"}},
        {"tenant", "delete", {"strowger tenant delete acme --yes"}},
        {"token", "create", {"strowger token create automation --tenant acme"}},
        {"token", "list", {"strowger token list --tenant acme"}},
        {"token", "get", {"strowger token get automation --tenant acme"}},
        {"token", "delete", {"strowger token delete automation --tenant acme --yes"}},
        {"port", "list", {"strowger port list"}},
        {"port", "get", {"strowger port get port-0 -o json"}},
        {"uni",
         "create",
         {"strowger uni create new-york --tenant acme --port port-0",
          "strowger uni create dc --tenant acme --port port-1 --tpid 0x88a8 --s-vlans 100-199"}},
        {"uni", "list", {"strowger uni list --tenant acme"}},
        {"uni", "get", {"strowger uni get new-york --tenant acme"}},
        {"uni", "update", {"strowger uni update new-york --tenant acme --tag floor=12"}},
        {"uni", "delete", {"strowger uni delete new-york --tenant acme --yes"}},
        {"circuit",
         "create",
         {"strowger circuit create ny-dc --endpoint a=new-york:c100 --endpoint z=dc:s100.c100 "
          "--cir 100M --cbs 128k",
          "strowger circuit create --generate-skeleton > ny-dc.yaml",
          "strowger circuit create -f ny-dc.yaml"}},
        {"circuit",
         "list",
         {"strowger circuit list --uni new-york", "strowger circuit list -o json"}},
        {"circuit", "get", {"strowger circuit get ny-dc"}},
        {"circuit",
         "update",
         {"strowger circuit update ny-dc --cir 200M",
          "strowger circuit update ny-dc --endpoint a=c200 --display-name 'New York'",
          "strowger circuit update ny-dc --admin-state down"}},
        {"circuit", "delete", {"strowger circuit delete ny-dc --yes"}},
        {"circuit",
         "batch",
         {"strowger circuit batch --generate-skeleton > changes.yaml",
          "strowger circuit batch -f changes.yaml"}},
        {"order", "list", {"strowger order list --limit 20"}},
        {"order", "get", {"strowger order get ord_01JD0000000000000000000000"}},
        {"status", "", {"strowger status"}},
        {"version", "", {"strowger version --client"}},
        {"completion", "", {"source <(strowger completion bash)"}},
        {"help", "", {"strowger help exit-codes", "strowger help circuit create"}},
        {"circuit",
         "counters",
         {"strowger circuit counters ny-dc", "strowger circuit counters ny-dc --watch=500ms"}},
        {"context",
         "set",
         {"strowger context set lab --url https://exchange.example.net:8443 --token-file "
          "lab.token"}},
        {"context", "use", {"strowger context use lab"}},
        {"context", "list", {"strowger context list"}},
        {"context", "show", {"strowger context show lab"}},
        {"context", "delete", {"strowger context delete lab"}},
    };
    return examples;
}

} // namespace strowger::cli
