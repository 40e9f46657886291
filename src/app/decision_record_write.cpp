#include "fact_list.hpp"

#include <tollgate/openai/error_body.hpp>

namespace tollgate::app {

namespace {

// What says nothing (empty, zero, false) is left out: reading it back gives the same.
class writer {
public:
    explicit writer(json_writer& out) : out_(out) {}
    void number(std::string_view name, std::int64_t value) {
        if (value != 0) out_.member(name, value);
    }
    void flag(std::string_view name, bool value) {
        if (value) out_.member(name, true);
    }
    void text(std::string_view name, const std::string& value) { out_.optional_member(name, value); }
    void money(std::string_view name, usd_nano value) { number(name, value.count()); }
    void time(std::string_view name, const std::optional<instant>& value) {
        if (value) out_.member(name, value->us);
    }
    void signal(std::string_view name, policy::storm_signal value) {
        if (value != policy::storm_signal::none) out_.member(name, policy::name_of(value));
    }
    void texts(std::string_view name, const std::vector<std::string>& values) {
        if (values.empty()) return;
        out_.key(name).begin_array();
        for (const std::string& value : values) out_.text(value);
        out_.end_array();
    }

private:
    json_writer& out_;
};

void write_steps(json_writer& out, const std::vector<policy::step_taken>& steps) {
    if (steps.empty()) return;
    out.key("steps").begin_array();
    for (const policy::step_taken& step : steps) {
        out.begin_object().member("limit", step.limit).member("action", policy::name_of(step.what));
        out.member("said", step.said).optional_member("model", step.model).end_object();
    }
    out.end_array();
}

}

void write_facts(json_writer& out, const policy::facts& facts, const recorded_bound& bound) {
    writer visit(out);
    out.key("facts").begin_object();
    each_fact(visit, facts);
    out.key("bound").begin_object();
    each_of_bound(visit, bound);
    out.end_object().end_object();
}

void write_answers(json_writer& out, std::span<const policy::ledger_reading> answers, const recorded_outlook& outlook) {
    if (outlook.confirmed) out.member("confirmation", policy::name_of(*outlook.confirmed));
    if (outlook.candidates) {
        writer visit(out);
        out.key("candidates").begin_array();
        for (const policy::candidate& one : *outlook.candidates) {
            out.begin_object();
            each_of_candidate(visit, one);
            out.end_object();
        }
        out.end_array();
    }
    if (answers.empty()) return;
    out.key("ledger").begin_array();
    for (const policy::ledger_reading& answer : answers) {
        out.begin_object().key("limits").begin_array();
        for (const policy::limit_reading& at : answer.limits)
            out.begin_array().number(at.used).number(at.held).end_array();
        out.end_array();
        if (const auto& at = answer.prepaid)
            out.key("prepaid").begin_array().number(at->used).number(at->held).number(at->credit).end_array();
        out.end_object();
    }
    out.end_array();
}

void write_decided(json_writer& out, const policy::decided& what) {
    out.begin_object().member("outcome", policy::name_of(what.what));
    if (what.code) out.member("code", openai::code_text(*what.code));
    out.optional_member("by", what.by).optional_member("model", what.model).optional_member("tier", what.tier);
    out.member("estimated_usd", what.estimate);
    write_steps(out, what.steps);
    if (what.would) {
        out.key("shadow").begin_object().member("outcome", policy::name_of(*what.would));
        if (what.would_code) out.member("code", openai::code_text(*what.would_code));
        out.optional_member("by", what.would_by).end_object();
    }
    out.end_object();
}

std::string decided_json(const policy::decided& what) {
    std::string text;
    json_writer out(text);
    write_decided(out, what);
    return text;
}

}
