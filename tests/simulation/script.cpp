#include "script.hpp"

#include <algorithm>

namespace tollgate::simulation {

namespace {

constexpr tokens far_too_much{5000, 3000};

behaviour random_behaviour(random_source& random, bool stream) {
    const std::int64_t dice = random.between(0, 99);
    if (dice < 4) return behaviour::connect_fails;
    if (dice < 8) return behaviour::reset_before_head;
    if (dice < 11) return behaviour::no_first_byte;
    if (dice < 17) return behaviour::error_status;
    if (dice < 19) return behaviour::error_body;
    return stream ? behaviour::stream : behaviour::answer;
}

usage_said random_usage(random_source& random) {
    const std::int64_t dice = random.between(0, 99);
    if (dice < 45) return usage_said::exact;
    if (dice < 53) return usage_said::above_hold;
    if (dice < 61) return usage_said::zero;
    if (dice < 75) return usage_said::absent;
    if (dice < 82) return usage_said::malformed;
    return dice < 90 ? usage_said::doubled : usage_said::running;
}

last_words random_end(random_source& random) {
    const std::int64_t dice = random.between(0, 99);
    if (dice < 60) return last_words::clean;
    if (dice < 70) return last_words::cut;
    if (dice < 77) return last_words::cut_inside;
    if (dice < 84) return last_words::no_terminator;
    return dice < 91 ? last_words::error_event : last_words::stalls;
}

tokens said_by(const script& of) {
    switch (of.usage) {
    case usage_said::above_hold: return far_too_much;
    case usage_said::zero: return {};
    default: return {7, of.words};
    }
}

std::string usage_json(const script& of, std::int64_t output) {
    if (of.usage == usage_said::malformed) return R"({"prompt_tokens":-3,"completion_tokens":1.5,"total_tokens":1})";
    const tokens all = said_by(of);
    const std::int64_t out = of.usage == usage_said::running ? output : all.output;
    return "{\"prompt_tokens\":" + std::to_string(all.input) + ",\"completion_tokens\":" + std::to_string(out) +
           ",\"total_tokens\":" + std::to_string(all.input + out) + "}";
}

void learn_usage(view& known, const script& of, std::int64_t output) {
    known.malformed = of.usage == usage_said::malformed;
    known.said = said_by(of);
    if (of.usage == usage_said::running) known.said->output = output;
}

std::string chunk(const std::string& choices, const std::string& usage) {
    std::string out = R"(data: {"id":"c","object":"chat.completion.chunk","model":"m-1","choices":[)" + choices + "]";
    if (!usage.empty()) out += ",\"usage\":" + usage;
    return out + "}\n\n";
}

void add(rendered& out, const std::string& bytes, const view& known) {
    out.bytes += bytes;
    out.stages.push_back({out.bytes.size(), known});
}

void render_words(const script& of, rendered& out, view& known) {
    for (std::int64_t i = 1; i <= of.words; ++i) {
        const bool running = of.usage == usage_said::running;
        known.words = i;
        if (running) learn_usage(known, of, i);
        known.usage_final = running && i == of.words; // beside the reason why it finished
        const std::string choice = R"({"index":0,"delta":{"content":" hello"},"finish_reason":)" +
                                   std::string(i == of.words ? R"("stop"})" : "null}");
        add(out, chunk(choice, running ? usage_json(of, i) : ""), known);
    }
}

void render_stream(const script& of, rendered& out) {
    view known;
    known.sent = known.head = true;
    add(out, "", known);
    render_words(of, out, known);
    if (of.end == last_words::error_event) {
        known.usage_final = false;
        add(out, "data: {\"error\":{\"message\":\"broken\",\"type\":\"server_error\",\"code\":null}}\n\n", known);
        return;
    }
    if (of.usage != usage_said::absent) {
        learn_usage(known, of, of.words);
        known.usage_final = true;
        add(out, chunk("", usage_json(of, of.words)), known);
        if (of.usage == usage_said::doubled) add(out, chunk("", usage_json(of, of.words)), known);
    }
    if (of.end == last_words::no_terminator) return;
    known.complete = true;
    add(out, "data: [DONE]\n\n", known);
}

void render_answer(const script& of, rendered& out) {
    view known;
    known.sent = known.head = known.unknown = true;
    add(out, "", known);
    std::string text;
    for (std::int64_t i = 0; i < of.words; ++i) text += " hello";
    add(out,
        R"({"id":"c","object":"chat.completion","model":"m-1","choices":[{"index":0,"message":)"
        R"({"role":"assistant","content":")" +
            text + R"("},"finish_reason":"stop"}])",
        known);
    known.unknown = false;
    if (of.usage != usage_said::absent) {
        learn_usage(known, of, of.words);
        known.blurred = true;
        add(out, ",", known);
        known.blurred = false;
        add(out, "\"usage\":" + usage_json(of, of.words), known);
    }
    known.words = of.words;
    known.complete = true;
    add(out, "}", known);
}

void render_error(const script& of, rendered& out) {
    view known;
    known.sent = true;
    known.refused = of.how == behaviour::error_status;
    known.head = known.unknown = !known.refused;
    add(out, "", known);
    known.refused = true;
    add(out, R"({"error":{"message":"no","type":"server_error","code":"nope"}})", known);
}

// Takes away what the script does not get to.
void cut(const script& of, rendered& out) {
    const bool inside = of.end == last_words::cut_inside;
    const bool stops = inside || of.end == last_words::cut || of.end == last_words::stalls;
    if (!stops) return;
    std::size_t keep = of.cut_after % out.bytes.size();
    if (of.how == behaviour::stream) {
        const std::size_t index = of.cut_after % (out.stages.size() - 1);
        keep = out.stages[index].end;
        const std::size_t next = out.stages[index + 1].end - keep;
        if (inside) keep += 3 + of.cut_after % (next - 8); // before the last brace
    }
    out.bytes.resize(keep);
    std::erase_if(out.stages, [&](const stage& each) { return each.end > keep; });
}

usd_nano cost(std::int64_t input, std::int64_t output, const rates& per_token) {
    return usd_nano(input * per_token.input + output * per_token.output);
}

}

script random_script(random_source& random, bool stream, std::int64_t cap) {
    script out;
    out.how = random_behaviour(random, stream);
    out.usage = random_usage(random);
    out.end = random_end(random);
    if (!stream && out.end == last_words::error_event) out.end = last_words::clean;
    if (!stream && out.end == last_words::no_terminator) out.end = last_words::clean;
    static constexpr int statuses[] = {429, 500, 503};
    if (out.how == behaviour::error_status) out.status = statuses[random.index(3)];
    out.words = random.between(1, std::min<std::int64_t>(cap + 3, 12));
    out.cut_after = static_cast<std::size_t>(random.between(0, 4000));
    out.head_us = random.chance(100) ? random.between(1'000'000, 400'000'000) : random.between(100, 500'000);
    out.gap_us = random.chance(100) ? random.between(100'000, 90'000'000) : random.between(0, 60'000);
    // Now and then longer than a reservation lives.
    out.stall_us = random.chance(300) ? random.between(1'700, 2'200) * 1'000'000 : random.between(1, 300) * 1'000'000;
    // Small parts only where they come fast: an answer ends within hours.
    out.part_bytes_max = out.gap_us < 100'000 && random.chance(300) ? random.between(3, 60) : random.between(100, 2000);
    return out;
}

view rendered::at(std::size_t bytes_sent) const {
    view known;
    for (const stage& each : stages)
        if (each.end <= bytes_sent) known = each.known;
    return known;
}

rendered render(const script& of) {
    rendered out;
    switch (of.how) {
    case behaviour::connect_fails:
    case behaviour::reset_before_head:
    case behaviour::no_first_byte: return out;
    case behaviour::error_status:
    case behaviour::error_body: render_error(of, out); break;
    case behaviour::answer: render_answer(of, out); break;
    case behaviour::stream: render_stream(of, out); break;
    }
    cut(of, out);
    return out;
}

bounds charge_for(const view& known, const ledger::reservation& hold, const rates& per_token) {
    const auto exactly = [](usd_nano amount) { return bounds{amount, amount}; };
    if (!known.sent || known.refused) return exactly({});
    if (!known.head || known.unknown) return exactly(charge_unknown(hold));
    const tokens said = known.said.value_or(tokens{});
    if (known.blurred) {
        const usd_nano most = known.said ? cost(said.input, said.output, per_token) : usd_nano();
        return {std::min(hold.input_amount, charge_unknown(hold)), std::max(most, hold.amount)};
    }
    if (known.malformed) return exactly(hold.amount);
    const bool trusted = known.complete || known.usage_final;
    if (trusted && known.said) return exactly(cost(said.input, said.output, per_token));
    const std::int64_t input_max = hold.input_amount.count() / per_token.input;
    const std::int64_t output_max = (hold.amount - hold.input_amount).count() / per_token.output;
    return exactly(
        cost(std::max(said.input, input_max), std::max(said.output, std::min(known.words, output_max)), per_token));
}

usd_nano charge_unknown(const ledger::reservation& hold) {
    switch (hold.on_unknown) {
    case ledger::unknown_usage::charge_estimate: return hold.amount;
    case ledger::unknown_usage::charge_input: return hold.input_amount;
    case ledger::unknown_usage::release: return {};
    }
    return hold.amount;
}

}
