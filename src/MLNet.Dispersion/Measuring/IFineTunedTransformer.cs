using MLNet.Dispersion.Scoring;

namespace MLNet.Dispersion.Measuring;

/// <summary>A transformer with a fine-tuned language model in it.</summary>
internal interface IFineTunedTransformer
{
    /// <summary>The name of the backbone that was fine-tuned.</summary>
    string BackboneName { get; }

    /// <summary>The name of the text column that is read.</summary>
    string TextColumnName { get; }

    /// <summary>The model itself, for others to look at while it lives.</summary>
    SharedModel<ITextScorer> Model { get; }
}
