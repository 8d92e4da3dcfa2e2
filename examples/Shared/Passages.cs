namespace MLNet.Dispersion.Examples;

/// <summary>Pieces of a text, such as lines or paragraphs, put together to passages of some length.</summary>
internal static class Passages
{
    /// <summary>The passages, of whole pieces, each of at least so many characters; what is left at the end is none.</summary>
    public static IEnumerable<string> Of(IEnumerable<string> pieces, int characters)
    {
        var passage = new List<string>();
        int length = 0;
        foreach (string piece in pieces)
        {
            passage.Add(piece);
            length += piece.Length;
            if (length >= characters)
            {
                yield return string.Join("\n", passage);
                passage.Clear();
                length = 0;
            }
        }
    }
}
