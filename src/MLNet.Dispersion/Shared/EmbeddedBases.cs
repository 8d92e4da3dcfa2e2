namespace MLNet.Dispersion;

/// <summary>The backbones that come with the library, as bases of models that were saved as an adapter alone.</summary>
internal static class EmbeddedBases
{
    /// <summary>Makes them known, unless a base of their name is.</summary>
    internal static void Register()
    {
        foreach (ModelSource source in new[] { ModelSource.TinyEnglish, ModelSource.TinySentences })
        {
            if (!AdapterBases.Names.Contains(source.Name))
            {
                AdapterBases.Register(source);
            }
        }
    }
}
