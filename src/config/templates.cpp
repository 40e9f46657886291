// `extends`: merging, and the templates themselves.
#include "policy_fields.hpp"

namespace tollgate::config {

namespace {

node* named(std::vector<node>& limits, const std::string& name) {
    for (node& one : limits) {
        const node* found = one.find("name");
        if (found != nullptr && found->text == name) return &one;
    }
    return nullptr;
}

// A limit of the same name replaces the template's; the template's others stay, or adding one limit of one's own
// would silently drop the rest.
node merge_limits(const node& base, node own) {
    node merged = base;
    merged.line = own.line;
    merged.column = own.column;
    merged.file = own.file;
    const std::size_t inherited = merged.items.size();
    for (node& one : own.items) {
        const node* name = one.find("name");
        node* same = name != nullptr ? named(merged.items, name->text) : nullptr;
        const bool replaces = same != nullptr && static_cast<std::size_t>(same - merged.items.data()) < inherited;
        if (replaces)
            *same = std::move(one);
        else
            merged.items.push_back(std::move(one));
    }
    return merged;
}

node merge_member(std::string_view key, const node& base, node own) {
    if (base.what == node::kind::map && own.what == node::kind::map) return merge(base, std::move(own));
    if (key == "limits" && base.what == node::kind::list && own.what == node::kind::list)
        return merge_limits(base, std::move(own));
    return own;
}

// Merges every template with what it extends. A template that cannot follow its `extends` stays as it is written.
class resolver {
public:
    resolver(std::map<std::string, node, std::less<>>& read, context& at) : read_(read), at_(at) {}

    template_map run() {
        for (const auto& [name, tree] : read_) resolve(name);
        return std::move(done_);
    }

private:
    void resolve(const std::string& name) {
        if (done_.contains(name)) return;
        node own = read_.find(name)->second;
        int depth = 1;
        if (const node* extends = own.find("extends")) {
            path_.push_back(name);
            if (const node* base = follow(*extends)) {
                depth = depth_[extends->text] + 1;
                own = merge(*base, std::move(own));
            }
            path_.pop_back();
        }
        depth_[name] = depth;
        done_.emplace(name, std::move(own));
    }

    const node* follow(const node& extends) {
        if (!read_.contains(extends.text)) return refuse(extends, "no template `" + extends.shown() + "`");
        if (std::ranges::find(path_, extends.text) != path_.end())
            return refuse(extends, "`extends` goes round in a circle");
        resolve(extends.text);
        if (depth_[extends.text] >= limits::template_depth_max)
            return refuse(extends,
                          "`extends` chains more than " + std::to_string(limits::template_depth_max) + " templates");
        return &done_.find(extends.text)->second;
    }

    const node* refuse(const node& extends, std::string message) {
        at_.error(extends, std::move(message));
        return nullptr;
    }

    std::map<std::string, node, std::less<>>& read_;
    context& at_;
    template_map done_;
    std::map<std::string, int, std::less<>> depth_;
    std::vector<std::string> path_; // of the templates being followed
};

void refuse_own(const node& tree, std::string_view key, context& at) {
    if (const node* found = tree.find(key))
        at.error(*found, "`" + std::string(key) + "` belongs in a tenant's own policy, not in a template");
}

}

node merge(const node& base, node own) {
    node merged = base;
    merged.line = own.line;
    merged.column = own.column;
    merged.file = own.file;
    for (node::member& entry : own.members) {
        const auto same = std::ranges::find(merged.members, entry.key, &node::member::key);
        if (same == merged.members.end()) {
            merged.members.push_back(std::move(entry));
        } else if (entry.value.what == node::kind::null) {
            merged.members.erase(same);
        } else {
            same->line = entry.line;
            same->column = entry.column;
            same->value = merge_member(entry.key, same->value, std::move(entry.value));
        }
    }
    return merged;
}

template_map resolve_templates(std::map<std::string, node, std::less<>> read, const policy_context& with, context& at) {
    std::erase_if(read, [&](const auto& one) { return !is_map(one.second, at); });
    for (const auto& [name, tree] : read)
        for (const std::string_view key : {"tenant_id", "policy_version"}) refuse_own(tree, key, at);
    template_map done = resolver(read, at).run();
    // Faults of a template are told even when nobody extends it. What it asks of the catalogue is for the tenants that
    // do: the shipped templates must not stand in the way of another catalogue.
    for (const auto& [name, tree] : done) {
        node copy = tree;
        policy_entry entry;
        entry.made.tenant = "template " + name;
        std::vector<problem> unused; // a template need not limit money
        context own{at.errors, unused};
        read_object(copy, policy_fields, entry, own);
        std::vector<problem> unmet;
        context loose{unmet, unused};
        check_policy(copy, entry, with, loose);
        for (problem& each : unmet) at.warnings.push_back(std::move(each));
    }
    return done;
}

}
