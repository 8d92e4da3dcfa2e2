namespace MLNet.Dispersion.Models;

/// <summary>Finds the adapter of a backbone, which itself knows only that something is attached to it.</summary>
internal static class AdapterOfBackbone
{
    extension(LanguageBackbone backbone)
    {
        /// <summary>The low-rank adapter, or null.</summary>
        internal LoraAdapter? Adapter => backbone.Attachment as LoraAdapter;
    }
}
