namespace MLNet.Dispersion;

/// <summary>How a model is tuned on instructions: which columns hold them, and all that <see cref="AnsweringOptions"/> has.</summary>
/// <remarks>
/// One of three forms is read: prompt and completion (the default), roles and contents of messages (<see cref="RolesColumnName"/> and <see cref="ContentsColumnName"/>), or rows as JSON (<see cref="AnsweringOptions.JsonColumnName"/>).
/// </remarks>
public sealed class FineTuneInstructionsOptions : AnsweringOptions
{
    /// <summary>Gets or sets the column of completions (text). Read where it is there; needed by training. Default <c>Completion</c>.</summary>
    public string CompletionColumnName { get; set; } = "Completion";

    /// <summary>Gets or sets the column of the messages' roles, mostly <c>system</c>, <c>user</c> and <c>assistant</c> (vector of text of any length), in the place of prompts and completions. Default null: not used.</summary>
    public string? RolesColumnName { get; set; }

    /// <summary>Gets or sets the column of the messages' contents, one a role (vector of text). Default null: not used.</summary>
    public string? ContentsColumnName { get; set; }

    /// <summary>Gets or sets how rows are made, packed and cut, and what of them is learnt. Default: the answers alone, unpacked.</summary>
    public InstructionOptions Instructions { get; set; } = new();

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public FineTuneInstructionsOptions Clone()
    {
        FineTuneInstructionsOptions copy = CopyShared<FineTuneInstructionsOptions>();
        copy.Instructions = (Instructions ?? throw new ArgumentNullException(nameof(Instructions))).Clone();
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range, or more than one form of rows is named; the message says which.</exception>
    public void Validate()
    {
        ValidateShared();
        Instructions.Validate();
        if ((RolesColumnName is null) != (ContentsColumnName is null))
        {
            throw new ArgumentException("FineTuneInstructionsOptions.RolesColumnName and ContentsColumnName belong together: set both, or neither.");
        }

        if (RolesColumnName is not null && JsonColumnName is not null)
        {
            throw new ArgumentException("FineTuneInstructionsOptions.RolesColumnName and JsonColumnName are two forms of rows: set one of them.");
        }
    }

    /// <summary>The columns that are read and added.</summary>
    internal InstructionColumns Columns() => new()
    {
        Form = JsonColumnName is not null ? InstructionForm.Json : RolesColumnName is not null ? InstructionForm.Roles : InstructionForm.Prompt,
        First = JsonColumnName ?? RolesColumnName ?? PromptColumnName,
        Second = JsonColumnName is not null ? null : ContentsColumnName ?? CompletionColumnName,
        Answer = AnswerColumnName,
        LogLikelihood = LogLikelihoodColumnName,
        TokenCount = TokenCountColumnName,
        RightTokenCount = RightTokenCountColumnName,
        SystemPrompt = SystemPrompt,
        IgnoredFields = IgnoredFields,
    };
}
