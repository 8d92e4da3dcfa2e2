namespace MLNet.Dispersion.Text;

/// <summary>All that defines a tokenizer of some kind, whatever files it came from.</summary>
internal abstract record TokenizerModel;
