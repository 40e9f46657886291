// tollgate decisions show
#include "decision.hpp"
#include "definitions.hpp"

#include <tollgate/app/usage_format.hpp>

#include <memory>

namespace tollgate::cli {

namespace {

// The same object as in exports, and what explains it.
json as_json(const decision& from) {
    std::string text;
    app::append_json_row(text, from.row, app::audience::operators);
    json out = json::parse(text);
    out["explained"] = nullptr;
    if (!from.record) out["note"] = without_decision(from.row);
    if (!from.policy.why.empty()) out["note"] = from.policy.why;
    if (!from.record || !from.policy.policy) return out;
    out["explained"] = to_json(app::explain(*from.record, *from.policy.policy));
    out["explained"]["replay_agrees"] = compare(from).how == agreement::agrees;
    return out;
}

status show(const std::string& id, const context& at) {
    auto from = open_archive(at);
    if (!from) return std::unexpected(from.error());
    const auto found = read_decision(*from, id);
    if (!found) return std::unexpected(found.error());
    if (at.json)
        print(at.world.out, as_json(*found));
    else
        print_explained(at.world.out, *found);
    return {};
}

}

action define_decisions_show(option_list& options) {
    auto id = std::make_shared<std::string>();
    options.add("request,--request", *id, "Its id, as in x-request-id").required().request_id();
    return [id](const context& at) { return show(*id, at); };
}

}
