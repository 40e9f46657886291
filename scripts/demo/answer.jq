# An answer without what every OpenAI answer has; long texts cut.
def short: if type == "string" and length > 60 then .[0:60] + "..." else . end;

if type == "object" and has("choices") then
  (if .choices == [] then {choices} else {choices: [.choices[]
      | if has("message") then {message: {content: (.message.content | short)}, finish_reason}
        elif .finish_reason then {delta, finish_reason}
        else {delta} end]} end)
  + (if .usage then {usage: (.usage | {prompt_tokens, completion_tokens, cost_usd})} else {} end)
else . end
