#pragma once

// One tenant's policy: read, merged with its template, checked against the catalogue.

#include <tollgate/config/reader.hpp>
#include <tollgate/core/catalog.hpp>
#include <tollgate/policy/policy.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace tollgate::config {

// Time zones by name from a folder of TZif files. Safe for several threads.
class zone_files {
public:
    explicit zone_files(std::string folder = "/usr/share/zoneinfo") : folder_(std::move(folder)) {}
    // The error says why there is none.
    std::expected<std::shared_ptr<const time_zone>, std::string> find(const std::string& name);

private:
    std::string folder_;
    std::mutex guard_;
    std::map<std::string, std::shared_ptr<const time_zone>> known_;
};

// Templates by name, each already merged with what it extends.
using template_map = std::map<std::string, node, std::less<>>;

struct policy_context {
    const tollgate::catalog& models;
    const template_map& templates;
    zone_files& zones;
    instant now; // downgrade targets must have a price in force then
    // A version that was in force once is taken as it is: today's catalogue may know its models no longer.
    bool in_force_once = false;
};

struct read_policy_result {
    std::shared_ptr<const policy::tenant_policy> policy;
    std::string canonical; // the merged content as one line of JSON: what the hash is taken of,
                           // and a policy file of its own
};

// Reads a policy from its tree, which is changed on the way. Problems go to `at`; when there are any, the result is
// unusable.
read_policy_result read_policy(node document, const policy_context& with, context& at);

// From text, for tools and the admin interface. `file` is what problems name. References stay as they are written
// unless `known` resolves them: text from a caller must not read this machine's environment and files.
std::expected<read_policy_result, std::vector<problem>> parse_policy(std::string_view file, std::string_view text,
                                                                     const policy_context& with,
                                                                     const references& known = references::kept());

// A version as the store remembers it: its canonical form. Nothing when it cannot be read any more.
std::expected<std::shared_ptr<const policy::tenant_policy>, std::vector<problem>>
parse_remembered_policy(std::string_view version, std::string_view canonical, zone_files& zones);

// Resolves `extends` among templates: missing ones, cycles and long chains are problems. Reports each template's own
// faults as well.
template_map resolve_templates(std::map<std::string, node, std::less<>> read, const policy_context& with, context& at);

// `own` over `base`: maps merge key by key, `limits` by name, everything else is replaced; a null removes what the
// template set.
node merge(const node& base, node own);

std::string sha256_hex(std::string_view text);

}
