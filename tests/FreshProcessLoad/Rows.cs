using System.Globalization;
using Microsoft.ML.Data;

namespace FreshProcessLoad;

/// <summary>What models of all kinds read: a text, under every name that one of them knows.</summary>
internal sealed class TextRow
{
    public string Text { get; set; } = "";

    public string Label { get; set; } = "";

    public string Sentence => Text;

    public string Document { get; set; } = "a refund";
}

/// <summary>What a classifier adds, its classes as texts.</summary>
internal sealed class Prediction
{
    public string? PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];

    public override string ToString() => string.Join(' ', Score.Select(score => score.ToString("R", CultureInfo.InvariantCulture)).Prepend(PredictedLabel ?? ""));
}

/// <summary>What a regressor or a ranker adds.</summary>
internal sealed class Number
{
    public float Score { get; set; }

    public override string ToString() => Score.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>What a binary classifier adds.</summary>
internal sealed class Answer
{
    public bool PredictedLabel { get; set; }

    public float Score { get; set; }

    public float Probability { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PredictedLabel} {Score:R} {Probability:R}");
}

/// <summary>What a multi-label classifier adds.</summary>
internal sealed class Labels
{
    public bool[] PredictedLabel { get; set; } = [];

    public float[] Score { get; set; } = [];

    public override string ToString() => string.Join(' ', Score.Select(score => score.ToString("R", CultureInfo.InvariantCulture)).Concat(PredictedLabel.Select(found => found.ToString())));
}

/// <summary>What a tagger adds.</summary>
internal sealed class Tags
{
    public string[] PredictedLabel { get; set; } = [];

    public override string ToString() => string.Join(' ', PredictedLabel);
}

/// <summary>What a question answerer adds.</summary>
internal sealed class FoundAnswer
{
    public string[] Answer { get; set; } = [];

    // Not an empty line, which whoever reads the output might pass over.
    public override string ToString() => Answer[0].Length > 0 ? Answer[0] : "(none)";
}

/// <summary>What a model that answers prompts adds.</summary>
internal sealed class Reply
{
    public string Answer { get; set; } = "";

    public int TokenCount { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TokenCount} {Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Answer))}");
}

/// <summary>What an embedding model adds.</summary>
internal sealed class Vector
{
    public float[] Embedding { get; set; } = [];

    public override string ToString() => string.Join(' ', Embedding.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}

/// <summary>What a language model adds.</summary>
internal sealed class Language
{
    public float[] Features { get; set; } = [];

    public int TokenCount { get; set; }

    public float LogLikelihood { get; set; }

    public float Perplexity { get; set; }

    public string Written { get; set; } = "";

    public override string ToString() => string.Join(' ', Features.Append(TokenCount).Append(LogLikelihood).Append(Perplexity)
        .Select(value => value.ToString("R", CultureInfo.InvariantCulture)).Append(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Written))));
}

/// <summary>What a measurement of geometry adds.</summary>
internal sealed class Geometry
{
    [ColumnName("Geometry.MeanCosine")]
    public float[] MeanCosine { get; set; } = [];

    [ColumnName("Geometry.EffectiveRank")]
    public float[] EffectiveRank { get; set; } = [];

    [ColumnName("Geometry.TrendSpearman")]
    public float TrendSpearman { get; set; }

    [ColumnName("Geometry.TrendKendall")]
    public float TrendKendall { get; set; }

    [ColumnName("Geometry.TokenCount")]
    public int TokenCount { get; set; }

    public override string ToString() => string.Join(' ', MeanCosine.Concat(EffectiveRank).Append(TrendSpearman).Append(TrendKendall).Append(TokenCount)
        .Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
