#pragma once

// A claimed mutation as its row has it, and what that means to who asks. Shared by the databases.

#include <tollgate/store/admin_store.hpp>

namespace tollgate::store {

struct admin_claim_row {
    std::string fingerprint, claim;
    std::optional<std::int64_t> status; // nothing: it runs
    std::string answer;
};

template <class In>
admin_claim_row take_admin_claim(In& in) {
    admin_claim_row row;
    row.fingerprint = in.text();
    row.claim = in.text();
    row.status = in.optional_number();
    row.answer = in.text();
    return row;
}

inline claim_answer judge(admin_claim_row row, const request_claim& asked) {
    claim_answer out;
    if (row.claim == asked.claim) return out;
    if (row.fingerprint != asked.fingerprint) {
        out.state = claim_state::other_body;
    } else if (row.status) {
        out.state = claim_state::done;
        out.status = static_cast<int>(*row.status);
        out.answer = std::move(row.answer);
    } else {
        out.state = claim_state::running;
    }
    return out;
}

}
