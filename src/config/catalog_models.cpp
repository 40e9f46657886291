// The models of catalog.yaml: routes to providers, prices, and who may serve in whose place.
#include "catalog_fields.hpp"

namespace tollgate::config {

namespace {

class model_reader {
public:
    model_reader(const catalog_source& from, tollgate::catalog& into, context& at)
        : from_(from), into_(into), at_(at) {}

    void operator()(node::member& entry) {
        model_entry read;
        read.made.alias = entry.key;
        read_object(entry.value, model_fields, read, at_);
        for (const std::string_view key : {"tier", "context_tokens"}) require(entry.value, key, at_);
        if (!read.made.embeddings) require(entry.value, "max_output_tokens", at_);
        if (std::ranges::find(into_.tiers, read.made.tier) == into_.tiers.end())
            refuse_reference(entry.value, "tier", read.made.tier, {into_.tiers.begin(), into_.tiers.end()}, at_);
        add_routes(entry.value, read);
        into_.models.emplace(entry.key, std::make_shared<const model>(std::move(read.made)));
    }

private:
    void add_routes(const node& where, model_entry& read) {
        const node* routes = where.find("routes");
        if (routes == nullptr) {
            require(where, "provider", at_);
            add(where, read.only, read.made);
            return;
        }
        if (where.find("provider") != nullptr || where.find("upstream") != nullptr)
            at_.error(*routes, "`routes` takes the place of `provider` and `upstream`: write one or the other");
        for (std::size_t i = 0; i < read.routes.size(); ++i) add(routes->items[i], read.routes[i], read.made);
    }

    // `where`: the map that names the provider.
    void add(const node& where, const route_entry& read, model& made) {
        if (read.provider.empty()) return; // reported
        const auto provider = into_.providers.find(read.provider);
        if (provider == into_.providers.end()) {
            std::vector<std::string_view> known;
            for (const auto& [name, ignored] : into_.providers) known.push_back(name);
            refuse_reference(where, "provider", read.provider, known, at_);
            return;
        }
        model_route route;
        route.provider = provider->second;
        route.upstream_name = read.upstream.empty() ? made.alias : read.upstream;
        route.priority = read.priority;
        route.weight = read.weight;
        for (const model_route& other : made.routes)
            if (other.provider == route.provider && other.upstream_name == route.upstream_name)
                at_.error(where, "the route to " + read.provider + "/" + route.upstream_name + " appears twice");
        const auto rows = from_.prices.rows.find(read.provider + "/" + route.upstream_name);
        if (rows != from_.prices.rows.end()) route.prices = rows->second;
        if (route.price_at(from_.now) == nullptr)
            at_.warn(where, "model `" + made.alias + "` has no price in force for " + read.provider + "/" +
                                route.upstream_name + ": it is refused wherever a money limit applies");
        // Ascending by priority; equal ones keep the order of the file.
        const auto place = std::ranges::upper_bound(made.routes, route.priority, {}, &model_route::priority);
        made.routes.insert(place, std::move(route));
    }

    const catalog_source& from_;
    tollgate::catalog& into_;
    context& at_;
};

// Lists are not followed from one model to the next, so only a model that names itself goes round in a circle.
void check_fallbacks(const node& where, const model& of, const tollgate::catalog& all, context& at) {
    if (of.fallback.size() > limits::model_fallbacks_max)
        at.error(where, "more than " + std::to_string(limits::model_fallbacks_max) + " models");
    for (const std::string& alias : of.fallback) {
        const model* other = all.find(alias);
        if (other == &of) {
            at.error(where, "the model `" + alias + "` cannot take its own place");
        } else if (other == nullptr) {
            std::vector<std::string_view> known;
            for (const auto& [name, ignored] : all.models) known.push_back(name);
            const std::string_view near = nearest(alias, known);
            at.error(where, "no model `" + alias + "` is defined" +
                                (near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?"));
        } else if (other->embeddings != of.embeddings) {
            at.error(where, "`" + alias + "` answers other endpoints than `" + of.alias + "`");
        }
    }
}

}

void read_routes(node& value, model_entry& into, context& at) {
    if (value.what != node::kind::list || value.items.empty())
        return at.error(value, "must be a list, such as [{provider: openai, upstream: gpt-5, priority: 1}]");
    if (value.items.size() > limits::model_routes_max)
        return at.error(value, "more than " + std::to_string(limits::model_routes_max) + " routes");
    for (node& item : value.items) {
        route_entry& read = into.routes.emplace_back();
        if (item.what == node::kind::null) at.error(item, "an empty route");
        if (!is_map(item, at)) continue;
        read_object(item, route_fields, read, at);
        require(item, "provider", at);
    }
}

void read_models(node* section, const catalog_source& from, tollgate::catalog& into, context& at) {
    model_reader read(from, into, at);
    for_each_entry(section, at, [&](node::member& entry) { read(entry); });
    if (section == nullptr) return;
    for (const node::member& entry : section->members) {
        const auto made = into.models.find(entry.key);
        const node* list = made == into.models.end() ? nullptr : entry.value.find("fallback");
        if (list != nullptr) check_fallbacks(*list, *made->second, into, at);
    }
}

}
