#include <tollgate/app/counter_seeds.hpp>

#include <tollgate/app/decision_record.hpp>
#include <tollgate/app/reservation_sweeper.hpp>
#include <tollgate/policy/decide.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr window spans[] = {window::minute, window::hour, window::day, window::week, window::month, window::total};

bool is_seeded(const policy::limit& l) { return l.what != measure::concurrency && l.span != window::minute; }

// One line: what could end it is written otherwise.
void append_line(std::string& out, std::string_view value) {
    for (const char c : value) {
        if (c == '\n')
            out += "%0a";
        else if (c == '%')
            out += "%25";
        else
            out += c;
    }
}

std::string family(std::string dimensions, window span, const time_zone& zone) {
    std::string out = std::move(dimensions);
    out.append("/").append(name_of(span)).append("/");
    if (span != window::total) append_line(out, zone.name());
    return out;
}

std::string family_of(const policy::limit& l, const time_zone& zone) {
    std::string out;
    const auto separate = [&] { out += out.empty() ? "" : ";"; };
    for (const auto& [d, value] : l.match) {
        separate();
        out.append(name_of(d)).append("=");
        append_line(out, value);
    }
    for (const dimension d : l.per) {
        separate();
        out += name_of(d);
    }
    return family(out.empty() ? "tenant" : std::move(out), l.span, zone);
}

bool is_column(dimension d) {
    return d != dimension::session && d != dimension::environment && d != dimension::request_class &&
           d != dimension::tier && d != dimension::key; // of a key its family counts
}

bool reads_columns_alone(const policy::limit& l) {
    return std::ranges::all_of(l.per, is_column) &&
           std::ranges::all_of(l.match, [](const auto& m) { return is_column(m.first); });
}

// As the course held it: the model that served takes the place of the one asked for.
policy::facts facts_of(const ledger::usage_row& row, bool with_record) {
    policy::facts out;
    attribution& who = out.who;
    if (with_record) read_who(row.record, who);
    who.tenant = row.tenant;
    who.workspace = row.workspace;
    who.key = row.key;
    who.feature = row.feature;
    who.agent = row.agent;
    who.end_user = row.end_user;
    who.model = row.model_served.empty() ? row.model_requested : row.model_served;
    who.provider = row.provider;
    return out;
}

}

families families_of(const policy::tenant_policy& policy) {
    // Kept for every tenant, whatever its limits: see hold.cpp.
    families all{family("tenant", window::day, *policy.zone), family("tenant", window::month, *policy.zone)};
    for (const policy::limit& l : policy.limits)
        if (is_seeded(l)) all.insert(family_of(l, *policy.zone));
    return all;
}

std::string to_text(const families& all) {
    std::string out;
    for (const std::string& each : all) out.append(each).append("\n");
    return out;
}

families parse_families(std::string_view text) {
    families all;
    while (!text.empty()) {
        const auto end = text.find('\n');
        all.emplace(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return all;
}

ledger::usage_row row_of_open(const ledger::reservation& hold) {
    ledger::usage_row row = row_of_lost(hold);
    row.at = hold.created;
    row.charged = hold.amount;
    row.tokens = hold.tokens;
    row.counters = hold.counters;
    row.counted = true;
    return row;
}

seed_sum::seed_sum(const policy::tenant_policy& policy, const families& missing, instant now, turn whose)
    : now_(now), turn_(whose) {
    policy_.tenant = policy.tenant;
    policy_.zone = policy.zone;
    for (const policy::limit& l : policy.limits) {
        if (!is_seeded(l) || !missing.contains(family_of(l, *policy.zone))) continue;
        policy_.limits.push_back(l);
        wants_record_ = wants_record_ || !reads_columns_alone(l);
    }
    tenant_day_ = missing.contains(family("tenant", window::day, *policy.zone));
    tenant_month_ = missing.contains(family("tenant", window::month, *policy.zone));
    for (const window span : spans)
        windows_.push_back({window_start(span, now, *policy.zone), window_end(span, now, *policy.zone)});
}

instant seed_sum::from() const {
    std::int64_t start_s = now_.seconds();
    const auto take = [&](window span) {
        start_s = std::min(start_s, windows_[static_cast<std::size_t>(span)].start_s);
    };
    if (tenant_day_) take(window::day);
    if (tenant_month_) take(window::month);
    for (const policy::limit& l : policy_.limits) take(l.span);
    return instant::from_seconds(std::max<std::int64_t>(0, start_s - limits::seed_late_hold_s));
}

// By the window that it was held in, which another counter of the row may tell; else by its arrival.
bool seed_sum::falls_in(const running& when, window span, const ledger::usage_row& row) const {
    if (span == window::total) return true;
    const auto held_then = [&](const ledger::touched& t) { return t.span == span && t.start_s == when.start_s; };
    if (std::ranges::any_of(row.counters, held_then)) return true;
    return row.at.seconds() >= when.start_s && (!when.end_s || row.at.seconds() < *when.end_s);
}

void seed_sum::add_to(const std::string& scope, window span, const ledger::usage_row& row) {
    if (std::hash<std::string>()(scope) % turn_.parts != turn_.part) return;
    const running& when = windows_[static_cast<std::size_t>(span)];
    if (!falls_in(when, span, row)) return;
    const ledger::touched here{scope, span, when.start_s};
    if (std::ranges::find(row.counters, here) != row.counters.end()) return;
    if (overflowed()) return;
    ledger::seed& sum = sums_[std::string(name_of(span)) + "/" + scope];
    sum.key = {policy_.tenant, scope, span, when.start_s};
    sum.spent += row.charged;
    sum.requests += 1;
    sum.tokens += row.tokens;
    sum.as_of = now_;
}

void seed_sum::add(const ledger::usage_row& row) {
    if (!row.counted) return;
    if (tenant_day_) add_to("tenant", window::day, row);
    if (tenant_month_) add_to("tenant", window::month, row);
    if (policy_.limits.empty()) return;
    // Several limits may read one counter: it counts a request once.
    std::set<std::pair<std::string, window>> done;
    if (tenant_day_) done.emplace("tenant", window::day);
    if (tenant_month_) done.emplace("tenant", window::month);
    for (const policy::applied_limit& l : policy::limits_for(facts_of(row, wants_record_), policy_))
        if (done.emplace(l.check.scope, l.check.span).second) add_to(l.check.scope, l.check.span, row);
}

std::vector<ledger::seed> seed_sum::take() {
    std::vector<ledger::seed> out;
    out.reserve(sums_.size());
    for (auto& [name, sum] : sums_) out.push_back(std::move(sum));
    sums_.clear();
    return out;
}

}
