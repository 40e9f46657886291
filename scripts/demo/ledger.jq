# The tenant's limits as rows of a table.
["limit", "window", "limit USD", "spent USD", "held USD", "remaining USD", "resets"],
(.limits[] | [.name, (.window // "-"), .limit_usd, .spent_usd, .held_usd, .remaining_usd, (.resets_at // "-")])
| @tsv
