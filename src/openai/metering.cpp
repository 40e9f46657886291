#include <tollgate/openai/metering.hpp>

#include <algorithm>

namespace tollgate::openai {

//  the answer        usage           charged                                                     source flagged
//  ----------------  --------------  ----------------------------------------------------------  -------------- -------
//  never came        -               nothing: the hold is released                               counted         no
//  any               malformed       the hold                                                    estimated       yes
//  complete          reported        what the provider says, explicit zeros included             provider_usage  no
//  complete          one half        that half as reported, the other as if nothing were reported counted         yes
//  complete          not reported    the input estimate and the output counted                   counted         yes
//  cut short         reported        the larger of reported and counted, input and output apart  counted         no
//  cut short         not reported    the input estimate and the output counted, never nothing    counted         no
//
// Our own counts never pass the hold: a provider cannot have produced more than it was allowed to.
settlement settle_usage(const settlement_input& in) {
    settlement out;
    out.source = cost_source::counted;
    if (!in.answered) return out;
    if (in.report.malformed) {
        out.at_hold = out.flagged = true;
        out.source = cost_source::estimated;
        return out;
    }
    if (in.report.present) out.used = in.report.used;
    const bool whole = in.complete && in.report.present;
    const std::int64_t input =
        std::clamp<std::int64_t>(in.input_estimate, 1, std::max<std::int64_t>(in.bound.input_tokens, 1));
    const std::int64_t output = std::min(in.counted_output, in.bound.output_tokens);
    if (!whole || in.report.prompt_missing) out.used.prompt_tokens = std::max(out.used.prompt_tokens, input);
    if (!whole || in.report.completion_missing)
        out.used.completion_tokens = std::max(out.used.completion_tokens, output);
    if (whole && out.used == in.report.used) {
        out.source = cost_source::provider_usage;
        return out;
    }
    out.used.web_search_calls = in.report.used.web_search_calls;
    out.flagged = in.complete;
    return out;
}

}
