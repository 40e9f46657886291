#include "fact_list.hpp"

#include <simdjson.h>

namespace tollgate::app {

namespace {

namespace dom = simdjson::dom;

// What is absent or of another kind keeps its default.
class reader {
public:
    explicit reader(dom::object from) : from_(from) {}

    template <class Number>
    void number(std::string_view name, Number& value) {
        std::int64_t read = 0;
        if (from_[name].get(read) == simdjson::SUCCESS) value = static_cast<Number>(read);
    }
    void flag(std::string_view name, bool& value) {
        value = false; // a false flag is not written
        (void)from_[name].get(value);
    }
    void text(std::string_view name, std::string& value) {
        std::string_view read;
        if (from_[name].get(read) == simdjson::SUCCESS) value = read;
    }
    void money(std::string_view name, usd_nano& value) {
        std::int64_t read = 0;
        number(name, read);
        value = usd_nano(read);
    }
    void time(std::string_view name, std::optional<instant>& value) {
        std::int64_t read = 0;
        if (from_[name].get(read) == simdjson::SUCCESS) value = instant{read};
    }
    void signal(std::string_view name, policy::storm_signal& value) {
        std::string_view read;
        if (from_[name].get(read) == simdjson::SUCCESS) value = policy::parse_storm_signal(read).value_or(value);
    }
    void texts(std::string_view name, std::vector<std::string>& values) {
        dom::array read;
        if (from_[name].get(read) != simdjson::SUCCESS) return;
        for (const dom::element each : read) {
            std::string_view one;
            if (each.get(one) == simdjson::SUCCESS) values.emplace_back(one);
        }
    }

private:
    dom::object from_;
};

void read_attribution(dom::object record, attribution& who) {
    reader in(record);
    in.text("tenant", who.tenant);
    in.text("workspace", who.workspace);
    in.text("key_id", who.key);
    in.text("key_family", who.key_family);
    in.text("feature", who.feature);
    in.text("agent", who.agent);
    in.text("end_user", who.end_user);
    in.text("session", who.session);
    in.text("environment", who.environment);
    in.text("request_class", who.request_class);
    in.text("model_requested", who.model);
}

std::int64_t number_at(dom::array from, std::size_t index) {
    std::int64_t value = 0;
    (void)from.at(index).get(value);
    return value;
}

policy::ledger_reading read_answer(dom::object from) {
    policy::ledger_reading out;
    dom::array limits, prepaid;
    if (from["limits"].get(limits) == simdjson::SUCCESS)
        for (const dom::element each : limits) {
            dom::array pair;
            if (each.get(pair) == simdjson::SUCCESS) out.limits.push_back({number_at(pair, 0), number_at(pair, 1)});
        }
    if (from["prepaid"].get(prepaid) == simdjson::SUCCESS)
        out.prepaid = policy::prepaid_reading{number_at(prepaid, 0), number_at(prepaid, 1), number_at(prepaid, 2)};
    return out;
}

void read_outlook(dom::object record, recorded_outlook& out) {
    std::string_view confirmed;
    if (record["confirmation"].get(confirmed) == simdjson::SUCCESS)
        out.confirmed = policy::parse_confirmation(confirmed);
    dom::array candidates;
    if (record["candidates"].get(candidates) != simdjson::SUCCESS) return;
    out.candidates.emplace();
    for (const dom::element each : candidates) {
        dom::object one;
        if (each.get(one) != simdjson::SUCCESS) continue;
        reader in(one);
        each_of_candidate(in, out.candidates->emplace_back());
    }
}

void read_outcome(dom::object record, recorded_outcome& out) {
    dom::object decided, shadow;
    if (record[decided_member].get(decided) != simdjson::SUCCESS) return;
    reader in(decided);
    in.text("outcome", out.outcome);
    in.text("code", out.code);
    in.text("model", out.model);
    if (decided["shadow"].get(shadow) == simdjson::SUCCESS) reader(shadow).text("outcome", out.would);
}

// The member's bytes as written: it stands last, and no string can hold its unescaped quotes.
std::string decided_of(std::string_view record) {
    const std::string name = ",\"" + std::string(decided_member) + "\":";
    const std::size_t at = record.rfind(name);
    if (at == std::string_view::npos || record.empty()) return {};
    const std::size_t begin = at + name.size();
    return std::string(record.substr(begin, record.size() - 1 - begin));
}

}

bool read_who(std::string_view record, attribution& who) {
    thread_local dom::parser parser;
    dom::object root;
    if (parser.parse(record.data(), record.size()).get(root) != simdjson::SUCCESS) return false;
    read_attribution(root, who);
    reader(root).text("tier", who.tier);
    return true;
}

std::optional<decision_record> read_record(std::string_view record) {
    thread_local dom::parser parser;
    dom::object root, facts, bound;
    if (parser.parse(record.data(), record.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
    if (root["facts"].get(facts) != simdjson::SUCCESS) return std::nullopt;
    decision_record out;
    out.decided = decided_of(record);
    read_outcome(root, out.outcome);
    read_attribution(root, out.facts.who);
    reader in(facts);
    each_fact(in, out.facts);
    if (facts["bound"].get(bound) == simdjson::SUCCESS) {
        reader parts(bound);
        each_of_bound(parts, out.bound);
    }
    dom::array answers;
    if (root["ledger"].get(answers) == simdjson::SUCCESS)
        for (const dom::element each : answers) {
            dom::object one;
            if (each.get(one) == simdjson::SUCCESS) out.answers.push_back(read_answer(one));
        }
    read_outlook(root, out.outlook);
    reader names(root);
    names.text("policy_version", out.policy_version);
    names.text("policy_hash", out.policy_hash);
    names.text("price_version", out.price_version);
    names.number("hold_us", out.hold_us);
    names.number("total_us", out.total_us);
    return out;
}

std::optional<decision_record> read_decision(std::string_view record) {
    auto out = read_record(record);
    if (out && out->decided.empty()) return std::nullopt;
    return out;
}

}
