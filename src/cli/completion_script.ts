import { COMPLETE_WORD } from './complete_word.ts'
import type { SHELLS } from './complete.ts'

/*
 * Each script asks the phylum in PATH, and never the one that was typed: for "./phylum" that would start a program of the directory one
 * stands in because somebody pressed a key. What comes back is taken as words, and nowhere evaluated.
 */

const BASH = `# phylum completion for bash; load it with: source <(phylum completion bash)
_phylum() {
  local current=\${COMP_WORDS[COMP_CWORD]} kind word rest
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
  # Bash makes a word of its own of the "=" in "--color=auto".
  [[ $current == "=" ]] && current=
  {
    IFS= read -r kind
    while IFS=$'\\t' read -r word rest; do
      COMPREPLY+=("$word")
    done
  } < <(command phylum ${COMPLETE_WORD} "=$current" "\${before[@]}" 2>/dev/null)
  # Names of files are the shell's own business.
  if [[ $kind == files ]]; then
    compopt -o default 2>/dev/null
  fi
}
complete -F _phylum phylum
`

const ZSH = `#compdef phylum
# phylum completion for zsh; load it with: source <(phylum completion zsh)
_phylum() {
  local -a lines candidates
  local line
  local current="\${words[CURRENT]}"
  local -a before=("\${(@)words[2,CURRENT-1]}")
  lines=("\${(@f)$(command phylum ${COMPLETE_WORD} "=$current" "\${before[@]}" 2>/dev/null)}")
  for line in "\${(@)lines[2,-1]}"; do
    # A colon parts a word from what it is for.
    [[ -n $line ]] && candidates+=("\${line/$'\\t'/:}")
  done
  (( \${#candidates} )) && _describe -V phylum candidates
  [[ \${lines[1]} == files ]] && _files
}
if [[ \${funcstack[1]} == _phylum ]]; then
  _phylum "$@"
else
  compdef _phylum phylum
fi
`

const FISH = `# phylum completion for fish; load it with: phylum completion fish | source
function __phylum_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l current (commandline -ct)
    set -l lines (command phylum ${COMPLETE_WORD} "=$current" $before 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$current"
    end
    printf '%s\\n' $lines[2..-1]
end
complete -c phylum -f -k -a '(__phylum_complete)'
`

const POWERSHELL = `# phylum completion for PowerShell; load it with:
#   phylum completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName phylum -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.ToString() })
    $program = Get-Command phylum -CommandType Application -TotalCount 1
    $lines = @(& $program ${COMPLETE_WORD} "=$wordToComplete" @before 2>$null)
    # Without an answer, PowerShell offers files by itself.
    $lines | Select-Object -Skip 1 | Where-Object { $_ } | ForEach-Object {
        $word, $summary = $_ -split "\`t", 2
        if (-not $summary) { $summary = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $summary)
    }
}
`

/** The script that makes a shell complete the words behind "phylum". */
export const COMPLETION_SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
}
