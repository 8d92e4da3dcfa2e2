using Microsoft.ML;
using Microsoft.ML.Transforms.Text;

namespace MLNet.Dispersion;

/// <summary>Offers n-gram features, the yardstick that a fine-tuned model must beat, where ML.NET's own text transforms are found.</summary>
/// <example>
/// <code>
/// using Microsoft.ML;
/// using MLNet.Dispersion;
///
/// var ml = new MLContext(seed: 1);
/// IDataView rows = ml.Data.LoadFromBinary("tickets.idv");   // columns Label (text) and Text
/// var bagOfWords = ml.Transforms.Conversion.MapValueToKey("Label")
///     .Append(ml.Transforms.Text.LexicalFeatures("Features", "Text"))
///     .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy());
/// using var fitted = (IDisposable)bagOfWords.Fit(rows);
/// </code>
/// </example>
public static class LexicalFeaturesCatalog
{
    /// <summary>
    /// Counts n-grams: words of one and two, and sequences of three characters, weighted by term frequency times inverse document frequency, words and characters scaled to the Euclidean length 1 each.
    /// These are ML.NET's own <c>FeaturizeText</c> with the settings that were best beside small sentence models; what it is fitted to is saved and loaded by ML.NET, and it exports to ONNX as far as that does.
    /// </summary>
    /// <param name="catalog">The catalog of text transforms, <c>ml.Transforms.Text</c>.</param>
    /// <param name="outputColumnName">The column of features to add, a sparse vector of <see cref="float"/>.</param>
    /// <param name="inputColumnName">The text column; null for <paramref name="outputColumnName"/>.</param>
    /// <param name="wordNgramLength">The longest sequence of words that is a feature, shorter ones included, 0 to 10; 0 for no words. Default 2.</param>
    /// <param name="characterNgramLength">The length of the sequences of characters that are features, 0 to 10; 0 for no characters. Default 3.</param>
    /// <exception cref="ArgumentOutOfRangeException">A length is outside its range, or both are 0.</exception>
    public static IEstimator<ITransformer> LexicalFeatures(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName = null,
        int wordNgramLength = 2,
        int characterNgramLength = 3)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        CheckLength(wordNgramLength, nameof(wordNgramLength));
        CheckLength(characterNgramLength, nameof(characterNgramLength));
        if (wordNgramLength + characterNgramLength == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(wordNgramLength), "The n-gram lengths of words and of characters are both 0, which leaves no features; one of them must be above 0.");
        }

        return catalog.FeaturizeText(
            outputColumnName,
            new TextFeaturizingEstimator.Options
            {
                CaseMode = TextNormalizingEstimator.CaseMode.Lower,
                KeepDiacritics = true,
                KeepPunctuations = true,
                KeepNumbers = true,
                WordFeatureExtractor = Ngrams(wordNgramLength, shorter: true),
                CharFeatureExtractor = Ngrams(characterNgramLength, shorter: false),
                Norm = TextFeaturizingEstimator.NormFunction.L2,
            },
            inputColumnName ?? outputColumnName);
    }

    private static WordBagEstimator.Options? Ngrams(int length, bool shorter) => length == 0 ? null : new()
    {
        NgramLength = length,
        UseAllLengths = shorter,
        Weighting = NgramExtractingEstimator.WeightingCriteria.TfIdf,
    };

    private static void CheckLength(int length, string name)
    {
        if (length is < 0 or > 10)
        {
            throw new ArgumentOutOfRangeException(name, length, $"{name} is {length}; it must be from 0 to 10.");
        }
    }
}
