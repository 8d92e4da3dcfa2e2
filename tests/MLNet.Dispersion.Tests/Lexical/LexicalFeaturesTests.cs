using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Lexical;

public sealed class LexicalFeaturesTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TextRow[] _rows = [new() { Text = "red fox" }, new() { Text = "red hen" }, new() { Text = "blue sea" }];

    [Fact]
    public void LexicalFeatures_WordsAlone_AreTermFrequencyTimesInverseDocumentFrequency()
    {
        var (names, vectors) = Fit(wordNgramLength: 2, characterNgramLength: 0);

        // In the first row: "red" is in two rows of three, "fox" and "red fox" in one.
        double[] weights = [Math.Log(3 / 2.0), Math.Log(3), Math.Log(3)];
        double length = Math.Sqrt(weights.Sum(weight => weight * weight));
        Assert.Equal(weights.Select(weight => weight / length).Order(), vectors[0].Where(value => value != 0).Select(value => (double)value).Order(), (one, other) => Math.Abs(one - other) < 1e-6);
        Assert.Equal(8, names.Length);
    }

    [Fact]
    public void LexicalFeatures_ByDefault_HasWordsAndCharactersOfLengthOneEach()
    {
        var (_, vectors) = Fit();

        Assert.All(vectors, vector => Assert.Equal(Math.Sqrt(2), Math.Sqrt(vector.Sum(value => (double)value * value)), 1e-5));
    }

    [Fact]
    public void LexicalFeatures_CharactersAlone_AreOfOneLength()
    {
        var (names, _) = Fit(wordNgramLength: 0, characterNgramLength: 3);

        Assert.All(names, name => Assert.Equal(2, name.Count(character => character == '|')));
    }

    [Theory]
    [InlineData(-1, 3, "wordNgramLength")]
    [InlineData(11, 3, "wordNgramLength")]
    [InlineData(2, -1, "characterNgramLength")]
    [InlineData(2, 11, "characterNgramLength")]
    [InlineData(0, 0, "wordNgramLength")]
    public void LexicalFeatures_LengthOutsideItsRange_IsNamed(int words, int characters, string name) =>
        Assert.Equal(name, Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Transforms.Text.LexicalFeatures("Features", "Text", words, characters)).ParamName);

    [Fact]
    public void LexicalFeatures_Saved_GivesTheSameInAFreshContext()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(_rows);
        ITransformer fitted = _ml.Transforms.Text.LexicalFeatures("Features", "Text").Fit(data);
        using var stream = new MemoryStream();
        _ml.Model.Save(fitted, data.Schema, stream);
        stream.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(stream, out _);

        Assert.Equal(Dense(fitted.Transform(data)), Dense(loaded.Transform(data)));
    }

    private (string[] Names, float[][] Vectors) Fit(int wordNgramLength = 2, int characterNgramLength = 3)
    {
        IDataView data = _ml.Data.LoadFromEnumerable(_rows);
        IDataView counted = _ml.Transforms.Text.LexicalFeatures("Features", "Text", wordNgramLength, characterNgramLength).Fit(data).Transform(data);
        VBuffer<ReadOnlyMemory<char>> names = default;
        counted.Schema["Features"].GetSlotNames(ref names);
        return ([.. names.DenseValues().Select(name => name.ToString())], Dense(counted));
    }

    private static float[][] Dense(IDataView data) => [.. data.GetColumn<VBuffer<float>>("Features").Select(vector => vector.DenseValues().ToArray())];

    private sealed class TextRow
    {
        public string Text { get; set; } = "";
    }
}
