using System.Text;

namespace MLNet.Dispersion.Tests.Tokenization;

/// <summary>Score-ordered merging as plainly as can be: join the neighbours that make the best-scored piece, the first on ties, until none do.</summary>
internal sealed class NaiveScoredMerges(IReadOnlyList<(string Text, float Score)> pieces, int firstByteId)
{
    private readonly Dictionary<string, int> _ids = pieces.Select((p, i) => (p.Text, i)).ToDictionary(x => x.Text, x => x.i);

    public List<int> Encode(string text)
    {
        var ids = new List<int>();
        foreach (Rune rune in (text.Length > 0 ? " " + text : "").EnumerateRunes())
        {
            string c = rune.Value == ' ' ? "\u2581" : rune.ToString();
            ids.AddRange(_ids.TryGetValue(c, out int id) ? [id] : Encoding.UTF8.GetBytes(c).Select(b => b + firstByteId));
        }

        while (true)
        {
            int best = -1;
            int merged = -1;
            for (int i = 0; i + 1 < ids.Count; i++)
            {
                if (_ids.TryGetValue(pieces[ids[i]].Text + pieces[ids[i + 1]].Text, out int id) && (best < 0 || pieces[id].Score > pieces[merged].Score))
                {
                    (best, merged) = (i, id);
                }
            }

            if (best < 0)
            {
                return ids;
            }

            ids[best] = merged;
            ids.RemoveAt(best + 1);
        }
    }
}
