#include "load_policies.hpp"

#include "files.hpp"

#include <tollgate/core/limits.hpp>

#include <atomic>
#include <deque>
#include <thread>

namespace tollgate::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t files_per_thread_min = 64; // below, a thread costs more than it saves

struct outcome {
    read_policy_result result;
    std::vector<problem> errors, warnings;
};

std::optional<node> read_tree(const std::string& file, const references& known, std::vector<problem>& errors) {
    const auto text = read_file(file, limits::policy_file_bytes_max);
    if (!text) {
        errors.push_back({file, 0, 0, text.error()});
        return std::nullopt;
    }
    const document_limits bounds{limits::policy_file_bytes_max, limits::policy_nodes_max};
    return parse_document(file, *text, bounds, known, errors);
}

// Templates outlive this call, and their trees name their files by view: both live in one allocation.
struct template_store {
    std::deque<std::string> names;
    template_map trees;
};

std::shared_ptr<const template_map> read_templates(const policy_folder& from, zone_files& zones, context& at) {
    auto store = std::make_shared<template_store>();
    std::map<std::string, node, std::less<>> read;
    for (std::string& file : policy_files(fs::path(from.path) / "templates")) {
        const std::string& name = store->names.emplace_back(std::move(file));
        auto tree = read_tree(name, from.known, at.errors);
        if (!tree) continue;
        const std::string stem = fs::path(name).stem().string();
        if (read.contains(stem))
            at.errors.push_back({name, 0, 0, "a second template of the name `" + stem + "`"});
        else
            read.emplace(stem, std::move(*tree));
    }
    const template_map none;
    store->trees = resolve_templates(std::move(read), {from.models, none, zones, from.how.now}, at);
    const template_map* trees = &store->trees;
    return {std::move(store), trees};
}

outcome read_one(const std::string& file, const references& known, const policy_context& with) {
    outcome done;
    context at{done.errors, done.warnings};
    if (auto tree = read_tree(file, known, done.errors)) done.result = read_policy(std::move(*tree), with, at);
    if (!done.errors.empty()) done.warnings.clear(); // they may follow from what could not be read
    return done;
}

std::vector<outcome> read_all(const std::vector<std::string>& files, const policy_folder& from,
                              const policy_context& with) {
    std::vector<outcome> outcomes(files.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < files.size(); i = next++) outcomes[i] = read_one(files[i], from.known, with);
    };
    const std::size_t wanted = from.how.threads != 0 ? from.how.threads : std::thread::hardware_concurrency();
    const std::size_t threads = std::min(wanted, files.size() / files_per_thread_min + 1);
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
    helpers.clear(); // joins before the outcomes are handed on
    return outcomes;
}

void move_into(std::vector<problem>& all, std::vector<problem>& some) {
    for (problem& one : some)
        if (all.size() < limits::config_problems_max) all.push_back(std::move(one));
}

}

read_policies load_policies(const policy_folder& from, context& at) {
    zone_files zones(from.how.zone_folder);
    read_policies done;
    done.templates = read_templates(from, zones, at);
    const std::vector<std::string> files = policy_files(from.path);
    done.files = files.size() + done.templates->size();
    auto set = std::make_shared<policy::policy_set>();
    if (files.size() > limits::policy_files_max) {
        at.errors.push_back({from.path, 0, 0, "more than " + std::to_string(limits::policy_files_max) + " files"});
    } else {
        auto outcomes = read_all(files, from, {from.models, *done.templates, zones, from.how.now});
        for (std::size_t i = 0; i < files.size(); ++i) {
            move_into(at.errors, outcomes[i].errors);
            move_into(at.warnings, outcomes[i].warnings);
            auto& [policy, canonical] = outcomes[i].result;
            if (!policy || policy->tenant.empty()) continue;
            const auto [first, added] =
                done.sources.try_emplace(policy->tenant, policy_source{files[i], std::move(canonical)});
            if (added)
                set->tenants.emplace(policy->tenant, policy);
            else
                at.errors.push_back(
                    {files[i], 0, 0,
                     "the tenant `" + policy->tenant + "` is already defined in " + first->second.file});
        }
    }
    if (files.empty())
        at.warnings.push_back({from.path, 0, 0, "no policy is here: a tenant without one can do nothing"});
    done.policies = std::move(set);
    return done;
}

}
