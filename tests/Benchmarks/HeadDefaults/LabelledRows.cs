namespace MLNet.Dispersion.Benchmarks.HeadDefaults;

/// <summary>Texts with class indices.</summary>
/// <param name="Texts">The texts.</param>
/// <param name="Labels">The class of each.</param>
/// <param name="ClassCount">Classes.</param>
internal sealed record LabelledRows(string[] Texts, int[] Labels, int ClassCount)
{
    /// <summary>Rows in an order of their own.</summary>
    public LabelledRows At(IEnumerable<int> rows)
    {
        int[] chosen = [.. rows];
        return this with { Texts = [.. chosen.Select(row => Texts[row])], Labels = [.. chosen.Select(row => Labels[row])] };
    }
}
