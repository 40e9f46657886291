#include <tollgate/core/assert.hpp>
#include <tollgate/ledger/types.hpp>

namespace tollgate::ledger {

std::string_view name_of(ending how) {
    switch (how) {
    case ending::settled: return "settled";
    case ending::released: return "released";
    case ending::expired: return "expired";
    }
    TG_ASSERT(false);
}

std::string_view name_of(movement kind) {
    switch (kind) {
    case movement::top_up: return "top_up";
    case movement::grant: return "grant";
    case movement::adjust: return "adjust";
    case movement::refund: return "refund";
    case movement::opening: return "opening";
    }
    TG_ASSERT(false);
}

std::string_view name_of(account kind) {
    switch (kind) {
    case account::prepaid: return "prepaid";
    case account::receivable: return "receivable";
    case account::revenue: return "revenue";
    case account::cash_clearing: return "cash_clearing";
    case account::promo_expense: return "promo_expense";
    case account::refunds: return "refunds";
    case account::breakage: return "breakage";
    case account::adjustments: return "adjustments";
    case account::provider_cost: return "provider_cost";
    case account::provider_payable: return "provider_payable";
    }
    TG_ASSERT(false);
}

}
