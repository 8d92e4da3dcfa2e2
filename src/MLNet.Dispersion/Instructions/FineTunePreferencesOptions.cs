namespace MLNet.Dispersion;

/// <summary>How a model is tuned on preference pairs: which columns hold them, and all that <see cref="AnsweringOptions"/> has. Pairs of conversations of several turns are given as JSON.</summary>
public sealed class FineTunePreferencesOptions : AnsweringOptions
{
    /// <summary>Gets or sets the column of the better answers (text). Read where it is there; needed by training. Default <c>Chosen</c>.</summary>
    public string ChosenColumnName { get; set; } = "Chosen";

    /// <summary>Gets or sets the column of the worse answers (text); read by training alone. Default <c>Rejected</c>.</summary>
    public string RejectedColumnName { get; set; } = "Rejected";

    /// <summary>Gets or sets the losses and the reference policy. Default: direct preference optimisation against the model as it is when training begins.</summary>
    public PreferenceOptions Preferences { get; set; } = new();

    /// <summary>A copy, so that later edits of one do not reach the other.</summary>
    public FineTunePreferencesOptions Clone()
    {
        FineTunePreferencesOptions copy = CopyShared<FineTunePreferencesOptions>();
        copy.Preferences = (Preferences ?? throw new ArgumentNullException(nameof(Preferences))).Clone();
        return copy;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its range; the message says which.</exception>
    public void Validate()
    {
        ValidateShared();
        Preferences.Validate();
    }

    /// <summary>The columns that the trained model reads and adds.</summary>
    internal InstructionColumns Columns() => new()
    {
        Form = JsonColumnName is not null ? InstructionForm.PairJson : InstructionForm.Prompt,
        First = JsonColumnName ?? PromptColumnName,
        Second = JsonColumnName is not null ? null : ChosenColumnName,
        Answer = AnswerColumnName,
        LogLikelihood = LogLikelihoodColumnName,
        TokenCount = TokenCountColumnName,
        RightTokenCount = RightTokenCountColumnName,
        SystemPrompt = SystemPrompt,
        IgnoredFields = IgnoredFields,
    };
}
