// tollgate policy diff
#include "definitions.hpp"
#include "json.hpp"
#include "policies.hpp"
#include "policy_difference.hpp"

#include <tollgate/cli/table.hpp>

#include <filesystem>
#include <memory>

namespace tollgate::cli {

namespace {

struct diff_options {
    std::string before, after;
};

struct side {
    std::string tenant, version, canonical;
};

// Reads what is named, opening the configuration and the store only when they are needed.
class reader {
public:
    explicit reader(const context& at) : at_(at) {}

    // A file where there is one, else TENANT@VERSION.
    outcome_of<side> read(const std::string& named) {
        const std::size_t sign = named.find('@');
        if (std::filesystem::exists(named)) return from_file(named);
        if (sign == std::string::npos || sign == 0 || sign + 1 == named.size())
            return refuse("there is no file " + named + ", and it is no TENANT@VERSION either");
        return from_store(named.substr(0, sign), named.substr(sign + 1));
    }

private:
    outcome_of<side> from_file(const std::string& path) {
        if (!all_) {
            auto all = load_all(at_);
            if (!all) return std::unexpected(all.error());
            all_ = std::move(*all);
        }
        auto read = read_policy_file(path, *all_, at_);
        if (!read) return std::unexpected(read.error());
        return side{read->policy->tenant, read->policy->version, std::move(read->canonical)};
    }

    outcome_of<side> from_store(const std::string& tenant, const std::string& version) {
        if (!from_.keys) {
            auto opened = open_archive(at_);
            if (!opened) return std::unexpected(opened.error());
            from_ = std::move(*opened);
        }
        auto found = taken(from_.keys->remembered_policy(tenant, version));
        if (!found) return std::unexpected(found.error());
        if (*found) return side{tenant, version, std::move((*found)->content)};
        return refuse("the store does not remember policy version " + version + " of tenant " + tenant + "." +
                      known_versions(tenant));
    }

    std::string known_versions(const std::string& tenant) {
        const auto all = from_.keys->remembered_policies(tenant);
        if (!all || all->empty()) return {};
        std::string text = "\nIt remembers:";
        for (const store::policy_version& each : *all) text += " " + each.version;
        return text;
    }

    const context& at_;
    std::optional<config::loaded> all_;
    archive from_;
};

json values_of(const std::optional<std::vector<std::string>>& values) {
    if (!values) return {};
    return values->size() == 1 ? json(values->front()) : json(*values);
}

json to_json(const std::vector<policy_change>& changes) {
    json out = json::array();
    for (const policy_change& each : changes)
        out.push_back({{"field", each.field},
                       {"before", values_of(each.before)},
                       {"after", values_of(each.after)},
                       {"meaning", or_null(each.meaning)}});
    return out;
}

status diff(const diff_options& given, const context& at) {
    reader from(at);
    const auto before = from.read(given.before);
    if (!before) return std::unexpected(before.error());
    const auto after = from.read(given.after);
    if (!after) return std::unexpected(after.error());
    const auto changes = policy_difference(policy_texts_of(before->canonical), policy_texts_of(after->canonical));
    if (at.json) {
        print(at.world.out, to_json(changes));
        return {};
    }
    if (changes.empty()) at.world.out << "no difference\n";
    for (const policy_change& each : changes) at.world.out << printable(in_words(each)) << '\n';
    return {};
}

}

action define_policy_diff(option_list& options) {
    auto given = std::make_shared<diff_options>();
    options.add("before", given->before, "A policy file, or TENANT@VERSION as the store remembers it")
        .required()
        .type_name("POLICY");
    options.add("after", given->after, "What it is compared with").required().type_name("POLICY");
    return [given](const context& at) { return diff(*given, at); };
}

}
