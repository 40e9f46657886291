# The tenant's limits as rows of a table.
["limit", "window", "limit", "spent", "held", "remaining", "resets"],
(.limits[]
  | (if .measure == "cost" then "USD" else .measure end) as $unit
  | [.name, .window, "\(.limit_usd // .limit_count) \($unit)", .spent, .held, .remaining, (.resets_at // "-")]),
(.prepaid // empty | ["prepaid balance", "-", "\(.credited) USD", .spent, .held, .available, "-"])
| @tsv
