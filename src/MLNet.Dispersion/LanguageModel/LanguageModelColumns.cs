using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion;

/// <summary>The columns that a language model reads and adds.</summary>
internal sealed class LanguageModelColumns
{
    private readonly bool _normalized;

    /// <param name="text">The text column.</param>
    /// <param name="options">The added columns' names.</param>
    /// <exception cref="ArgumentException">A name is blank or used twice, or there is nothing to add.</exception>
    internal LanguageModelColumns(string text, LanguageModelOptions options)
    {
        Text = text;
        // Before the model is read, what a directory of sentence-transformers may say otherwise is not known.
        _normalized = options.Features.Normalize ?? true;
        (LanguageModelOutput Output, string? Name)[] all =
        [
            (LanguageModelOutput.Features, options.FeaturesColumnName),
            (LanguageModelOutput.TokenCount, options.TokenCountColumnName),
            (LanguageModelOutput.LogLikelihood, options.LogLikelihoodColumnName),
            (LanguageModelOutput.Perplexity, options.PerplexityColumnName),
            (LanguageModelOutput.Continuation, options.ContinuationColumnName),
        ];
        Added = [.. all.Where(column => column.Name is not null).Select(column => (column.Output, column.Name!))];
        Validate(options.ExampleWeightColumnName);
    }

    internal string Text { get; }

    /// <summary>In the order in which they are added: a column's number here is its offset.</summary>
    internal IReadOnlyList<(LanguageModelOutput Output, string Name)> Added { get; }

    /// <summary>The name of an added column, or null.</summary>
    internal string? NameOf(LanguageModelOutput output) => Added.FirstOrDefault(column => column.Output == output).Name;

    /// <summary>Adds the added columns.</summary>
    internal void AddTo(DataViewSchema.Builder builder, int featureCount)
    {
        foreach ((LanguageModelOutput output, string name) in Added)
        {
            switch (output)
            {
                case LanguageModelOutput.Features:
                    builder.AddColumn(name, new VectorDataViewType(NumberDataViewType.Single, featureCount), FeatureAnnotations());
                    break;
                case LanguageModelOutput.TokenCount:
                    builder.AddColumn(name, NumberDataViewType.Int32);
                    break;
                case LanguageModelOutput.Continuation:
                    builder.AddColumn(name, TextDataViewType.Instance);
                    break;
                default:
                    builder.AddColumn(name, NumberDataViewType.Single);
                    break;
            }
        }
    }

    // By this trainers that want features of like size know that they need not scale them.
    private DataViewSchema.Annotations? FeatureAnnotations()
    {
        if (!_normalized)
        {
            return null;
        }

        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.AddPrimitiveValue("IsNormalized", BooleanDataViewType.Instance, true);
        return annotations.ToAnnotations();
    }

    private void Validate(string? weight)
    {
        (string Role, string Name)[] all = [("text", Text), .. weight is null ? Array.Empty<(string, string)>() : [("example weight", weight)], .. Added.Select(column => (column.Output.ToString(), column.Name))];
        foreach ((string role, string name) in all)
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                throw new ArgumentException($"The {role} column has no name.{(role is "text" or "example weight" ? "" : $" Set LanguageModelOptions.{role}ColumnName to null to leave the column out.")}");
            }
        }

        if (Added.Count == 0)
        {
            throw new ArgumentException("There is no column to add: give LanguageModelOptions at least one column name.");
        }

        if (all.GroupBy(column => column.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"The {string.Join(" and the ", twice.Select(column => column.Role))} column are both called '{twice.Key}': give each a name of its own.");
        }
    }
}

/// <summary>What a language model may add to a row, in the order of the columns.</summary>
internal enum LanguageModelOutput
{
    /// <summary>The feature vector.</summary>
    Features,

    /// <summary>The number of tokens.</summary>
    TokenCount,

    /// <summary>The summed log-likelihood.</summary>
    LogLikelihood,

    /// <summary>The perplexity.</summary>
    Perplexity,

    /// <summary>What is written behind the text.</summary>
    Continuation,
}
