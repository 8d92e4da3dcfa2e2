using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>What the transformers of all tasks on whole texts have in common: a language model with a head that scores texts, or pairs of texts.</summary>
/// <remarks>It cannot be derived from outside the library.</remarks>
public abstract class FineTunedTextTransformer : FineTunedTransformer<FineTunedTextModel>
{
    private readonly TaskColumns _columns;

    private protected FineTunedTextTransformer(IHostEnvironment environment, string name, TaskColumns columns, string backboneName, FineTunedTextModel model)
        : base(environment, name, columns, backboneName, model)
    {
        _columns = columns;
        OutputCount = model.OutputCount;
    }

    /// <summary>A transformer of the same model for other columns: the model stays the lender's, and lives as long.</summary>
    private protected FineTunedTextTransformer(IHostEnvironment environment, string name, TaskColumns columns, FineTunedTextTransformer lender)
        : base(environment, name, columns, lender)
    {
        _columns = columns;
        OutputCount = lender.OutputCount;
    }

    /// <summary>Gets the name of the column of second texts; null where single texts are read.</summary>
    public string? SecondTextColumnName => _columns.SecondText;

    /// <summary>Gets the names of the numbers in the score column, by their order; empty where they have none.</summary>
    public virtual IReadOnlyList<string> ScoreNames => [];

    /// <summary>Gets whether n-grams of the texts have a say in the scores beside the language model, which alone then gives others (<c>WithLexicalFeatures</c> of the estimator).</summary>
    public virtual bool HasLexicalFeatures => false;

    /// <summary>Numbers a text (K).</summary>
    private protected int OutputCount { get; }

    /// <summary>Refuses to write what has no place for n-grams.</summary>
    /// <exception cref="NotSupportedException">They have a say in the scores.</exception>
    private protected void RefuseLexicalFeatures()
    {
        if (HasLexicalFeatures)
        {
            throw new NotSupportedException("N-grams have a say in the scores of this model (WithLexicalFeatures), and a directory of Hugging Face's library has no place for them: fit without them, or save the language model alone through LanguageModel.");
        }
    }

    /// <summary>Reads the model of a saved transformer; frees it again where it is not the one that the header speaks of.</summary>
    /// <param name="environment">Says on which device.</param>
    /// <param name="context">What ML.NET hands to the loader.</param>
    /// <param name="files">The model's files.</param>
    /// <param name="columns">The columns that the header names.</param>
    /// <param name="load">Reads it from its files, onto a device.</param>
    /// <param name="problem">What else the header and the weights disagree on, as a sentence without its stop; null where they agree.</param>
    /// <exception cref="FormatException">Header and weights disagree.</exception>
    /// <exception cref="ModelFileException">A file is damaged or missing.</exception>
    private protected static TModel LoadModel<TModel>(IHostEnvironment environment, LoadContext context, IReadOnlyList<StoredFile> files, TaskColumns columns, Func<FileSource, string, TModel> load, Func<TModel, string?>? problem = null)
        where TModel : FineTunedTextModel => LoadModel(environment, context, files, load, model => model.ReadsPairs != columns.ReadsPairs
            ? "its header and its weights disagree on whether it reads pairs of texts"
            : problem?.Invoke(model));
}
