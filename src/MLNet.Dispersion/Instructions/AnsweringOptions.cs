namespace MLNet.Dispersion;

/// <summary>What estimators that teach a model to answer have in common: the model, how it is trained, how it writes, and the columns that are added. Not thread-safe while it is edited; estimators take a copy.</summary>
public abstract class AnsweringOptions
{
    private protected AnsweringOptions()
    {
    }

    /// <summary>Gets or sets the pretrained language model, a causal one. Default null: <c>ModelSource.TinyEnglish</c>.</summary>
    public ModelSource? Backbone { get; set; }

    /// <summary>Gets or sets how to train. Where <see cref="FineTuneOptions.Seed"/> is null the estimator draws a number from its MLContext.</summary>
    public FineTuneOptions Training { get; set; } = new();

    /// <summary>Gets or sets the column of prompts (text). Default <c>Prompt</c>.</summary>
    public string PromptColumnName { get; set; } = "Prompt";

    /// <summary>Gets or sets the column of whole rows as JSON, a line of published data each (text), in the place of all other columns that are read: see <see cref="Instruction.FromJson"/> and <see cref="PreferencePair.FromJson"/>. Default null: not used.</summary>
    public string? JsonColumnName { get; set; }

    /// <summary>Gets or sets fields of such rows that are passed over, such as <c>id</c>; all others must be known. Default: none.</summary>
    public IReadOnlyList<string> IgnoredFields { get; set; } = [];

    /// <summary>Gets or sets the column of how much each row counts in training (<see cref="float"/>, at least 0); null (default) where all count the same.</summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>
    /// Gets or sets whether prompts in a column of texts are messages of the user, and answers the assistant's, written by the chat template. Default null: they are where the model has a template, else they stand as they are,
    /// the answer right behind the prompt.
    /// </summary>
    public bool? AsChat { get; set; }

    /// <summary>Gets or sets the system's message in front of prompts that are messages; null (default) for none. Rows of roles or JSON have their own.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>Gets or sets how answers are written. Default: as the model's generation_config.json says.</summary>
    public TextGenerationOptions Generation { get; set; } = new();

    /// <summary>Gets or sets the added column of answers that the model writes (text), a forward pass a token where it is read. Default <c>Answer</c>.</summary>
    public string AnswerColumnName { get; set; } = "Answer";

    /// <summary>Gets or sets the added column of the log-likelihood of the answer that a row has, natural logarithm, summed over its tokens (<see cref="float"/>); 0 where it has none. Default <c>LogLikelihood</c>.</summary>
    public string LogLikelihoodColumnName { get; set; } = "LogLikelihood";

    /// <summary>Gets or sets the added column of how many tokens that answer has (<see cref="int"/>). Default <c>TokenCount</c>.</summary>
    public string TokenCountColumnName { get; set; } = "TokenCount";

    /// <summary>Gets or sets the added column of how many of them are the likeliest ones (<see cref="int"/>). Default <c>RightTokenCount</c>.</summary>
    public string RightTokenCountColumnName { get; set; } = "RightTokenCount";

    /// <summary>A copy, what this class has copied with it.</summary>
    private protected T CopyShared<T>()
        where T : AnsweringOptions
    {
        var copy = (T)MemberwiseClone();
        copy.Training = (Training ?? throw new ArgumentNullException(nameof(Training))).Clone();
        copy.Generation = (Generation ?? throw new ArgumentNullException(nameof(Generation))).Clone();
        copy.IgnoredFields = [.. IgnoredFields ?? throw new ArgumentNullException(nameof(IgnoredFields))];
        return copy;
    }

    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    private protected void ValidateShared()
    {
        Training.Validate();
        Generation.Validate();
    }
}
