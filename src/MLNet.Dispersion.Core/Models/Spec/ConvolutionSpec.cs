namespace MLNet.Dispersion.Models;

/// <summary>Says how a convolution over tokens stands beside the first block of an encoder: it reads the block's input, is activated and added to the block's output, and the sum is normalised. DeBERTa v2.</summary>
/// <param name="Width">Tokens that one token is made from, itself in the middle; an odd number.</param>
/// <param name="Groups">Groups of features that are convolved apart; divides the features.</param>
/// <param name="Activation">The activation.</param>
/// <param name="Norm">The norm of the sum.</param>
public sealed record ConvolutionSpec(int Width, int Groups, Activation Activation, NormSpec Norm);
