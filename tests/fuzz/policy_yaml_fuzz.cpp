// Any bytes as a policy file: problems or a policy, never a crash. A policy that loads must read back from its
// canonical form to the same hash.
#include <tollgate/config/policy_file.hpp>
#include <tollgate/core/assert.hpp>

#include <memory>

using namespace tollgate;

namespace {

tollgate::catalog small_catalog() {
    tollgate::catalog made;
    made.tiers = {"premium", "standard", "economy"};
    const auto add = [&](const char* alias, const char* tier) {
        tollgate::model one;
        one.alias = alias;
        one.tier = tier;
        one.routes.emplace_back().prices.emplace_back();
        made.models.emplace(alias, std::make_shared<const tollgate::model>(std::move(one)));
    };
    add("gpt-5", "premium");
    add("gpt-5-mini", "standard");
    add("gpt-5-nano", "economy");
    return made;
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    static const tollgate::catalog models = small_catalog();
    static const config::template_map none;
    static config::zone_files zones;
    const config::policy_context with{models, none, zones, instant::from_seconds(1'780'000'000)};
    const std::string_view text(reinterpret_cast<const char*>(data), size);

    const auto first = config::parse_policy("fuzz.yaml", text, with);
    if (!first) {
        for (const config::problem& one : first.error()) TG_ASSERT(!config::to_text(one).empty());
        return 0;
    }
    const auto again = config::parse_policy("again.json", first->canonical, with);
    TG_ASSERT(again.has_value());
    TG_ASSERT(again->policy->hash == first->policy->hash);
    return 0;
}
