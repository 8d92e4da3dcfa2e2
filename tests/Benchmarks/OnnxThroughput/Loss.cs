using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Benchmarks.OnnxThroughput;

/// <summary>What each way makes of real texts: a decoder's mean negative log-likelihood of a token, and an encoder's cosine of mean states with those computed here; and by how much that depends on texts in the same batch.</summary>
internal static class Loss
{
    private const int Others = 7;

    public static string Describe(PretrainedLanguageModel model, string[] texts, IReadOnlyList<(string Name, IReader Reader)> ways)
    {
        Tokens[] encoded = [.. texts.Select(text => new Tokens(model.Tokenizer.Encode(text, model.Backbone.Info.ContextLength).Ids)).Where(tokens => tokens.Count > 1)];
        float[][] own = [.. encoded.Select(ways[0].Reader.Read)];
        bool isCausal = model.Backbone.IsCausal;
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{encoded.Length} texts, {encoded.Sum(tokens => tokens.Count)} tokens; largest difference of {(isCausal ? "a logit" : "a state")}, {(isCausal ? "mean negative log-likelihood a token, with the 95 % t interval over texts of its difference from here" : "mean cosine with here, with a 95 % t interval over texts")}; largest difference of the same text beside {Others} others in a batch\n"));
        foreach (var (name, reader) in ways)
        {
            float[][] found = [.. encoded.Select(reader.Read)];
            double largest = found.Zip(own, (a, b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max()).Max();
            string figures = isCausal ? Likelihood(encoded, own, found, model.Backbone.Info.VocabularySize) : Cosine(own, found, model.Backbone.Info.FinalSize);
            double beside = encoded.Zip(found, (tokens, alone) => reader.Read(tokens.Beside(new Tokens(Others, tokens.Count, model.Backbone.Info.VocabularySize))).Zip(alone, (x, y) => Math.Abs(x - y)).Max()).Max();
            text.Append(CultureInfo.InvariantCulture, $"  {name,-48}{largest:0.0E+0}   {figures}   {beside:0.0E+0}\n");
        }

        return text.ToString();
    }

    private static string Likelihood(Tokens[] encoded, float[][] own, float[][] found, int width)
    {
        double[] here = [.. encoded.Zip(own, (tokens, logits) => Mean(tokens, logits, width))], there = [.. encoded.Zip(found, (tokens, logits) => Mean(tokens, logits, width))];
        Interval difference = MeanInterval.T([.. there.Zip(here, (a, b) => a - b)]);
        return string.Create(CultureInfo.InvariantCulture, $"{there.Average():0.0000} ({difference.Lower:0.0000} to {difference.Upper:0.0000})");
    }

    private static double Mean(Tokens tokens, float[] logits, int width) => Enumerable.Range(0, tokens.Count - 1).Average(at =>
    {
        ReadOnlySpan<float> row = logits.AsSpan(at * width, width);
        float most = float.NegativeInfinity;
        foreach (float logit in row)
        {
            most = Math.Max(most, logit);
        }

        double sum = 0;
        foreach (float logit in row)
        {
            sum += Math.Exp(logit - most);
        }

        return Math.Log(sum) + most - row[(int)tokens.Ids[at + 1]];
    });

    private static string Cosine(float[][] own, float[][] found, int width)
    {
        double[] cosines = [.. own.Zip(found, (a, b) =>
        {
            double[] first = Pooled(a, width), second = Pooled(b, width);
            double Product(double[] x, double[] y) => x.Zip(y, (p, q) => p * q).Sum();
            return Product(first, second) / Math.Sqrt(Product(first, first) * Product(second, second));
        })];
        Interval mean = MeanInterval.T(cosines);
        return string.Create(CultureInfo.InvariantCulture, $"{mean.Estimate:0.000000} ({mean.Lower:0.000000} to {mean.Upper:0.000000}), least {cosines.Min():0.0000}");
    }

    private static double[] Pooled(float[] states, int width) => [.. Enumerable.Range(0, width).Select(feature => Enumerable.Range(0, states.Length / width).Average(token => states[(token * width) + feature]))];
}
