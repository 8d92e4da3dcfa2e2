namespace MLNet.Dispersion;

/// <summary>Writes a <see cref="ConeReport"/> for people, in invariant culture.</summary>
internal static class ConeText
{
    private const int LineWidth = 120;

    /// <summary>Lines for the console.</summary>
    public static IEnumerable<string> ToConsole(ConeReport cone) =>
        [string.Empty, .. Lines(cone.Sentence), .. Lines(Title(cone)), string.Empty, Table(cone).ToConsole(), .. Remarks(cone).SelectMany(Lines)];

    /// <summary>Paragraphs of a document.</summary>
    public static IEnumerable<string> ToMarkdown(ConeReport cone) => [cone.Sentence, Title(cone), Table(cone).ToMarkdown(), .. Remarks(cone)];

    private static string Title(ConeReport cone) =>
        $"What carries the mean cosine between different tokens ({Figures.Texts(cone.Texts)}): without the first token, without massive tokens, without the strongest coordinates, minus the common mean:";

    /// <summary>A sentence in lines of no more than <see cref="LineWidth"/> columns.</summary>
    internal static IEnumerable<string> Lines(string sentence)
    {
        string line = string.Empty;
        foreach (string word in sentence.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > LineWidth)
            {
                yield return line;
                line = string.Empty;
            }

            line += line.Length == 0 ? word : ' ' + word;
        }

        yield return line;
    }

    private static TextTable Table(ConeReport cone)
    {
        var table = new TextTable(["layer", .. ConeColumns.Cosines.Select(column => column.Head), "strongest (share)"]);
        foreach ((int layer, ConeFigures figures) in cone.Layers.Index())
        {
            table.Add([
                LayerGeometry.NameOf(layer),
                .. ConeColumns.Cosines.Select(column => Figures.Fixed(column.Figure(figures), 3)),
                string.Join(", ", figures.Strongest.Take(2).Select(coordinate => FormattableString.Invariant($"{coordinate.Index} ({coordinate.ShareOfMeanCosine:F2})")))]);
        }

        return table;
    }

    private static IEnumerable<string> Remarks(ConeReport cone)
    {
        ConeFigures sink = cone.Layers.MaxBy(layer => layer.FirstTokenNorm / layer.OtherTokensNorm)!;
        if (sink.FirstTokenNorm > ConeGeometry.MassiveNorm * sink.OtherTokensNorm)
        {
            yield return FormattableString.Invariant($"The first token is an attention sink: its norm is up to {sink.FirstTokenNorm / sink.OtherTokensNorm:F0} times that of the others.");
        }

        if (cone.Lengths.Count > 1)
        {
            string cosines = string.Join(", ", cone.Lengths.Select(length => FormattableString.Invariant($"{length.MeanCosines[cone.Peak]:F2} at {length.Tokens} tokens")));
            yield return FormattableString.Invariant($"By length, hidden state {cone.Peak}: {cosines}. Compare texts of equal length only.");
        }
    }
}
